use super::*;

fn class(code: &str, status: u16, receive_count: u32) -> Class {
    let fault = Fault {
        code: Some(code),
        status: Some(status),
        message: None,
    };
    classify(fault, receive_count)
}

#[test]
fn what_passes_is_retried() {
    for (code, status) in [
        ("ThrottlingException", 400),
        ("Throttling", 400),
        ("ThrottledException", 400),
        ("RequestLimitExceeded", 503),
        ("TooManyRequestsException", 429),
        ("ProvisionedThroughputExceededException", 400),
        ("SlowDown", 503),
        ("InternalServiceException", 500),
        ("InternalServerError", 500),
        ("InternalServerException", 500),
        ("ServiceUnavailableException", 400),
        ("Unavailable", 503),
        ("DependencyFailureException", 400),
        ("ResourceInUseException", 400),
        ("InvalidDBInstanceState", 400),
        ("InvalidDBClusterStateFault", 400),
        ("InvalidClusterState", 400),
        ("OperationAborted", 409),
        ("ConflictException", 409),
        ("ExpiredTokenException", 400),
        ("SomethingNew", 500),
        ("SomethingNew", 429),
        ("SomethingNew", 409),
        ("LimitExceededException", 429),
        ("InvalidEndpointException", 421),
        ("ConcurrentTagAccess", 400),
        ("ConcurrentModificationException", 400),
        ("ConcurrentAccess", 400),
        ("ConcurrentUpdateException", 400),
        ("TooManyUpdates", 400),
    ] {
        assert_eq!(class(code, status, 6), Class::Retry, "{code}");
    }
}

#[test]
fn no_answer_is_retried() {
    assert_eq!(classify(Fault::default(), 1), Class::Retry);
}

#[test]
fn what_cannot_be_found_is_retried_twice_and_then_gone() {
    for (code, status) in [
        ("InvalidInstanceID.NotFound", 400),
        ("InvalidVolume.NotFound", 400),
        ("InvalidNetworkInterfaceID.NotFound", 400),
        ("ResourceNotFoundException", 400),
        ("DBInstanceNotFound", 404),
        ("DBClusterNotFoundFault", 404),
        ("FileSystemNotFound", 404),
        ("ResourceNotFound", 400),
        ("NotFoundException", 404),
        ("ResourceNotFoundFault", 404),
        ("NoSuchBucket", 404),
        ("", 404),
    ] {
        assert_eq!(class(code, status, 1), Class::Retry, "{code}");
        assert_eq!(class(code, status, 2), Class::Retry, "{code}");
        assert_eq!(class(code, status, 3), Class::Gone, "{code}");
    }
}

#[test]
fn what_is_forbidden_waits_for_somebody_to_permit_it() {
    for (code, status) in [
        ("AccessDenied", 403),
        ("AccessDeniedException", 400),
        ("UnauthorizedOperation", 403),
        ("NotAuthorized", 403),
        ("TagPolicyViolation", 400),
        ("SomethingNew", 403),
    ] {
        assert_eq!(class(code, status, 6), Class::Denied, "{code}");
    }
    let policy = Fault {
        code: Some("InvalidParameterException"),
        status: Some(400),
        message: Some("The Tag Policy does not allow the specified value"),
    };
    assert_eq!(classify(policy, 1), Class::Denied);
}

#[test]
fn too_many_tags_are_not_taken_for_throttling_nor_the_other_way_round() {
    for code in [
        "TagLimitExceeded",
        "TagLimitExceededFault",
        "TooManyTagsException",
        "TagQuotaPerResourceExceeded",
        "TagsPerResourceExceededLimitException",
        "ServiceQuotaExceededException",
    ] {
        assert_eq!(class(code, 400, 1), Class::Limit, "{code}");
    }
    assert_eq!(class("RequestLimitExceeded", 400, 1), Class::Retry);
}

#[test]
fn a_limit_that_does_not_name_tags_may_be_another_one() {
    for code in ["LimitExceededException", "ResourceLimitExceeded"] {
        assert_eq!(class(code, 400, 1), Class::Busy, "{code}");
    }
}

#[test]
fn a_refused_tag_is_looked_for_one_by_one() {
    for code in [
        "InvalidTag",
        "InvalidTagFault",
        "ValidationException",
        "InvalidParameterException",
        "InvalidParameterValue",
        "BadRequest",
        "BadRequestException",
    ] {
        assert_eq!(class(code, 400, 1), Class::Invalid, "{code}");
    }
}

#[test]
fn what_is_unknown_reaches_the_dead_letter_queue() {
    for code in [
        "ResourceDoesNotSupportTagging",
        "NotServiceResourceError",
        "SomethingNew",
        "UnknownOperationException",
    ] {
        assert_eq!(class(code, 400, 6), Class::Permanent, "{code}");
    }
    assert_eq!(class("NotImplemented", 501, 1), Class::Permanent);
    // The status alone does not say that a resource is gone.
    for receive_count in [1, 3] {
        let unknown = class("UnknownOperationException", 404, receive_count);
        assert_eq!(unknown, Class::Permanent);
    }
}

#[test]
fn storage_gateway_is_judged_by_its_words() {
    let class = |message, receive_count| {
        let fault = Fault {
            code: Some("InvalidGatewayRequestException"),
            status: Some(400),
            message: Some(message),
        };
        classify(fault, receive_count)
    };
    assert_eq!(
        class("The specified gateway is not connected.", 6),
        Class::Retry
    );
    assert_eq!(
        class("The specified volume was not found.", 2),
        Class::Retry
    );
    assert_eq!(class("The specified volume was not found.", 3), Class::Gone);
    assert_eq!(class("Invalid tag key", 1), Class::Invalid);
}
