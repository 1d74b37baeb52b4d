//! As much of AWS Organizations as the function asks for. The emulator (`emulator/`) is the
//! faithful one; this one is quick.

use serde_json::{Map, Value, json};

const ROOT: &str = "r-reh1";
const PAGE: usize = 20;
/// Other people's policies, so that a listing has a second page.
const FOREIGN_POLICIES: usize = 25;

struct Policy {
    id: String,
    name: String,
    description: String,
    content: String,
    targets: Vec<String>,
    tags: Map<String, Value>,
}

/// The organization's backup policies.
pub struct Organizations {
    policies: Vec<Policy>,
    made: usize,
}

impl Default for Organizations {
    fn default() -> Self {
        let mut organizations = Organizations {
            policies: Vec::new(),
            made: 0,
        };
        for number in 0..FOREIGN_POLICIES {
            organizations.add(&json!({"Name": format!("foreign-{number}"), "Content": "{}"}));
        }
        organizations
    }
}

impl Organizations {
    /// The output of an operation, or the error's code.
    pub fn call(&mut self, operation: &str, input: &Value) -> Result<Value, &'static str> {
        match operation {
            "CreatePolicy" => {
                if self
                    .policies
                    .iter()
                    .any(|policy| Some(policy.name.as_str()) == text(input, "Name"))
                {
                    return Err("DuplicatePolicyException");
                }
                Ok(json!({"Policy": self.add(input)}))
            }
            "DescribePolicy" => Ok(json!({"Policy": self.policy(input)?.described()})),
            "UpdatePolicy" => {
                let policy = self.policy(input)?;
                for (field, name) in [
                    (&mut policy.name, "Name"),
                    (&mut policy.description, "Description"),
                    (&mut policy.content, "Content"),
                ] {
                    if let Some(new) = text(input, name) {
                        *field = new.to_owned();
                    }
                }
                Ok(json!({"Policy": policy.described()}))
            }
            "DeletePolicy" => {
                let policy = self.policy(input)?;
                if !policy.targets.is_empty() {
                    return Err("PolicyInUseException");
                }
                let id = policy.id.clone();
                self.policies.retain(|policy| policy.id != id);
                Ok(json!({}))
            }
            "AttachPolicy" => {
                let target = text(input, "TargetId").ok_or("InvalidInputException")?;
                let policy = self.policy(input)?;
                if policy.targets.iter().any(|attached| attached == target) {
                    return Err("DuplicatePolicyAttachmentException");
                }
                policy.targets.push(target.to_owned());
                Ok(json!({}))
            }
            "DetachPolicy" => {
                let target = text(input, "TargetId").ok_or("InvalidInputException")?;
                let policy = self.policy(input)?;
                if !policy.targets.iter().any(|attached| attached == target) {
                    return Err("PolicyNotAttachedException");
                }
                policy.targets.retain(|attached| attached != target);
                Ok(json!({}))
            }
            "ListPolicies" => {
                let first: usize = text(input, "NextToken").map_or(0, |t| t.parse().unwrap_or(0));
                let page = self.policies.iter().skip(first).take(PAGE);
                let page: Vec<Value> = page.map(Policy::summary).collect();
                let next = (first + PAGE < self.policies.len()).then(|| (first + PAGE).to_string());
                Ok(json!({"Policies": page, "NextToken": next}))
            }
            "ListTargetsForPolicy" => {
                let target = |id: &String| json!({"TargetId": id, "Name": id, "Type": "ORGANIZATIONAL_UNIT"});
                let targets: Vec<Value> = self.policy(input)?.targets.iter().map(target).collect();
                Ok(json!({"Targets": targets}))
            }
            "ListTagsForResource" => {
                let tags = &self.tagged(input)?.tags;
                let tags: Vec<Value> = tags
                    .iter()
                    .map(|(key, value)| json!({"Key": key, "Value": value}))
                    .collect();
                Ok(json!({"Tags": tags}))
            }
            "TagResource" => {
                let tags = read_tags(input);
                self.tagged(input)?.tags.extend(tags);
                Ok(json!({}))
            }
            "UntagResource" => {
                let policy = self.tagged(input)?;
                for key in input["TagKeys"].as_array().into_iter().flatten() {
                    policy.tags.remove(key.as_str().unwrap_or_default());
                }
                Ok(json!({}))
            }
            "ListRoots" => Ok(json!({"Roots": [{
                "Id": ROOT,
                "PolicyTypes": [{"Type": "BACKUP_POLICY", "Status": "ENABLED"}],
            }]})),
            "EnablePolicyType" => Err("PolicyTypeAlreadyEnabledException"),
            _ => Err("UnknownOperationException"),
        }
    }

    fn add(&mut self, input: &Value) -> Value {
        let field = |name| text(input, name).unwrap_or_default().to_owned();
        self.made += 1;
        let policy = Policy {
            id: format!("p-{:010x}", self.made),
            name: field("Name"),
            description: field("Description"),
            content: field("Content"),
            targets: Vec::new(),
            tags: read_tags(input),
        };
        let described = policy.described();
        self.policies.push(policy);
        described
    }

    fn policy(&mut self, input: &Value) -> Result<&mut Policy, &'static str> {
        let id = text(input, "PolicyId");
        let found = self
            .policies
            .iter_mut()
            .find(|policy| Some(policy.id.as_str()) == id);
        found.ok_or("PolicyNotFoundException")
    }

    fn tagged(&mut self, input: &Value) -> Result<&mut Policy, &'static str> {
        let id = text(input, "ResourceId");
        let found = self
            .policies
            .iter_mut()
            .find(|policy| Some(policy.id.as_str()) == id);
        found.ok_or("TargetNotFoundException")
    }
}

impl Policy {
    fn summary(&self) -> Value {
        let arn = format!(
            "arn:aws:organizations::111111111111:policy/o-rehearsal01/backup_policy/{}",
            self.id
        );
        json!({
            "Id": self.id,
            "Arn": arn,
            "Name": self.name,
            "Description": self.description,
            "Type": "BACKUP_POLICY",
            "AwsManaged": false,
        })
    }

    fn described(&self) -> Value {
        json!({"PolicySummary": self.summary(), "Content": self.content})
    }
}

fn text<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input.get(name).and_then(Value::as_str)
}

fn read_tags(input: &Value) -> Map<String, Value> {
    let tags = input["Tags"].as_array().into_iter().flatten();
    tags.filter_map(|tag| Some((text(tag, "Key")?.to_owned(), tag["Value"].clone())))
        .collect()
}
