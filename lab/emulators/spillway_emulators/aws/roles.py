"""The gap of ministack's CloudFormation: policies of roles."""

from ministack.services.cloudformation import provisioners


def replace_role_policies():
    """Gap: there is no AWS::IAM::RolePolicy. Another name, or another role, is another policy, which is made before the
    old one goes."""

    def create(_logical_id, props, _stack_name):
        policy = {"Roles": [props["RoleName"]], "PolicyDocument": props["PolicyDocument"]}
        provisioners._iam_policy_require_entities(policy)
        provisioners._iam_policy_require_valid_document(policy)
        provisioners._iam_policy_put(policy, props["PolicyName"])
        return f"{props['PolicyName']}|{props['RoleName']}", {}

    def update(_physical_id, _old_props, new_props, stack_name, logical_id=None):
        return create(logical_id, new_props, stack_name)

    def delete(_physical_id, props):
        provisioners._iam_policy_drop({"Roles": [props["RoleName"]]}, props["PolicyName"])

    provisioners._RESOURCE_HANDLERS["AWS::IAM::RolePolicy"] = {
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
    }
