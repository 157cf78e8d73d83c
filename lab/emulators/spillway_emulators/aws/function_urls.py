"""The gap of ministack's function URLs: who calls."""

from ministack.services import lambda_svc, sts


def name_callers():
    """Gap: the event of a function URL does not say who has signed the request."""
    build = lambda_svc._build_function_url_event

    def event(url_id, account_id, region, method, path, headers, body, query_params, *, anonymous=False, **rest):
        built = build(
            url_id, account_id, region, method, path, headers, body, query_params, anonymous=anonymous, **rest
        )
        caller = None if anonymous else sts._caller_identity(headers, query_params)
        if isinstance(caller, dict):
            built["requestContext"]["authorizer"] = {
                "iam": {
                    "accessKey": caller["accessKey"],
                    "accountId": caller["accountId"],
                    "callerId": caller["userId"],
                    "cognitoIdentity": None,
                    "principalOrgId": None,
                    "userArn": caller["userArn"],
                    "userId": caller["userId"],
                }
            }
        return built

    lambda_svc._build_function_url_event = event
