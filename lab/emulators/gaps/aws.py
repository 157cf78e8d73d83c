"""What AWS does, and ministack does not."""

import io
import json
import urllib.request
import zipfile

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from gaps import refused, until

ROLE = "arn:aws:iam::000000000000:role/any"


def _zip(source):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", source)
    return buffer.getvalue()


def _function(client, source):
    """A function with that code, published as version 1."""
    functions = client("lambda")
    functions.create_function(
        FunctionName="f",
        Runtime="python3.12",
        Role=ROLE,
        Handler="index.handler",
        Timeout=60,
        Code={"ZipFile": _zip(source)},
    )
    functions.publish_version(FunctionName="f")
    return functions


def _run(client, definition, name="e", **given):
    """A new execution of a state machine with that definition."""
    machines = client("stepfunctions")
    machine = machines.create_state_machine(name="m", definition=json.dumps(definition), roleArn=ROLE)
    arn = machine["stateMachineArn"]
    return machines.start_execution(stateMachineArn=arn, name=name, input=json.dumps(given))["executionArn"]


def _ended(client, execution):
    def look():
        found = client("stepfunctions").describe_execution(executionArn=execution)
        return found if found["status"] != "RUNNING" else None

    return until("the end of the execution", look)


def _call(**more):
    """A state that calls the function, and waits for its token to be answered."""
    payload = {"token.$": "$$.Task.Token", "attempt.$": "$$.State.RetryCount"}
    parameters = {"FunctionName": "f", "Payload": payload}
    resource = "arn:aws:states:::lambda:invoke.waitForTaskToken"
    call = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **more}
    return {"StartAt": "Call", "States": {"Call": call}}


def split_weighted_aliases(client):
    functions = _function(client, "def handler(event, context): return 'one'")
    functions.update_function_code(FunctionName="f", ZipFile=_zip("def handler(event, context): return 'two'"))
    functions.publish_version(FunctionName="f")
    weights = {"AdditionalVersionWeights": {"2": 0.9}}
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1", RoutingConfig=weights)

    def answer():
        return json.load(functions.invoke(FunctionName="f", Qualifier="live")["Payload"])

    until("an answer of version 2", lambda: answer() == "two", 5)


def refuse_missing_versions(client):
    functions = _function(client, "def handler(event, context): pass")
    create, update = functions.create_alias, functions.update_alias
    missing = {"AdditionalVersionWeights": {"7": 0.5}}
    named = {"FunctionName": "f", "Name": "live"}
    assert refused(lambda: create(**named, FunctionVersion="7")) == "ResourceNotFoundException"
    create(**named, FunctionVersion="1")
    assert refused(lambda: update(**named, FunctionVersion="7")) == "ResourceNotFoundException"
    assert refused(lambda: update(**named, RoutingConfig=missing)) == "ResourceNotFoundException"


def send_alarm_events(client):
    queues, events, alarms = client("sqs"), client("events"), client("cloudwatch")
    url = queues.create_queue(QueueName="q")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["aws.cloudwatch"]}))
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn}])
    alarms.put_metric_alarm(
        AlarmName="errors",
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    alarms.set_alarm_state(AlarmName="errors", StateValue="OK", StateReason="to begin with")
    alarms.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="because")

    def look():
        for message in queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            event = json.loads(message["Body"])
            if event["detail"]["state"]["value"] == "ALARM":
                return event
        return None

    event = until("the event of the alarm", look, 5)
    assert event["detail-type"] == "CloudWatch Alarm State Change", event
    detail = event["detail"]
    assert detail["alarmName"] == "errors" and detail["state"]["reason"] == "because", event
    assert detail["previousState"]["value"] == "OK", event
    statistic = detail["configuration"]["metrics"][0]["metricStat"]
    assert (statistic["metric"]["name"], statistic["period"], statistic["stat"]) == ("m", 60, "Sum"), event


def take_events(client):
    queues, events = client("sqs"), client("events")
    url = queues.create_queue(QueueName="q")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["aws.autoscaling"]}))
    events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": arn}])
    entry = {"Source": "aws.autoscaling", "DetailType": "d", "Resources": ["r"], "Detail": json.dumps({"is": "well"})}
    body = json.dumps({"Entries": [entry]}).encode()
    with urllib.request.urlopen(events.meta.endpoint_url + "/_events", data=body) as answer:
        assert json.load(answer)["FailedEntryCount"] == 0

    def look():
        messages = queues.receive_message(QueueUrl=url).get("Messages", [])
        return json.loads(messages[0]["Body"]) if messages else None

    event = until("the event", look, 5)
    assert (event["detail-type"], event["resources"], event["detail"]) == ("d", ["r"], {"is": "well"}), event
    assert (event["account"], event["region"]) == ("000000000000", "us-east-1"), event


def resolve_timeout_paths(client):
    _function(client, "def handler(event, context): pass")
    execution = _run(client, _call(TimeoutSecondsPath="$.seconds"), seconds=1)
    assert _ended(client, execution)["error"] == "States.Timeout"


def wait_for_tokens_as_aws_does(client):
    _function(client, "def handler(event, context): raise KeyError('no')")
    ended = _ended(client, _run(client, _call(TimeoutSeconds=10)))
    assert "'no'" in ended.get("cause", ""), ended


_ANSWERS_AND_GOES_ON = """
import boto3, time
def handler(event, context):
    boto3.client("stepfunctions").send_task_success(taskToken=event["token"], output='"well"')
    time.sleep(30)
"""


def wait_for_tokens_as_aws_does__while_the_function_runs(client):
    url = client("stepfunctions").meta.endpoint_url
    source = _ANSWERS_AND_GOES_ON.replace('"stepfunctions"', f'"stepfunctions", endpoint_url="{url}"')
    _function(client, source)
    assert _ended(client, _run(client, _call(TimeoutSeconds=40)))["output"] == '"well"'


_ANSWERS_THE_SECOND_TOKEN = """
import boto3, json
def handler(event, context):
    if event["attempt"] == 0:
        raise KeyError(event["token"])
    failed = json.dumps(event["token"])
    boto3.client("stepfunctions").send_task_success(taskToken=event["token"], output=failed)
"""


def wait_for_tokens_as_aws_does__with_a_token_for_each_attempt(client):
    url = client("stepfunctions").meta.endpoint_url
    _function(client, _ANSWERS_THE_SECOND_TOKEN.replace('"stepfunctions"', f'"stepfunctions", endpoint_url="{url}"'))
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    execution = _run(client, _call(TimeoutSeconds=20, Retry=retry))
    ended = _ended(client, execution)
    history = client("stepfunctions").get_execution_history(executionArn=execution)["events"]
    second = json.loads(ended["output"])
    assert ended["status"] == "SUCCEEDED" and second not in _causes(history), history


def _causes(history):
    details = [value for event in history for value in event.values() if isinstance(value, dict)]
    return " ".join(detail.get("cause", "") for detail in details)


def start_again_as_aws_does(client):
    wait = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
    execution = _run(client, wait, order=1)
    machines = client("stepfunctions")
    machine = execution.replace(":execution:", ":stateMachine:").rpartition(":")[0]
    same = {"stateMachineArn": machine, "name": "e"}
    again = machines.start_execution(**same, input=json.dumps({"order": 1}))
    assert again["executionArn"] == execution, again
    other = refused(lambda: machines.start_execution(**same, input=json.dumps({"order": 2})))
    assert other == "ExecutionAlreadyExists", other


def tell_of_children_as_aws_does(client):
    machines = client("stepfunctions")
    fail = {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", "Error": "Own", "Cause": "why"}}}
    child = machines.create_state_machine(name="child", definition=json.dumps(fail), roleArn=ROLE)["stateMachineArn"]
    call = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child, "Input": {}},
        "End": True,
    }
    ended = _ended(client, _run(client, {"StartAt": "Call", "States": {"Call": call}}))
    assert ended["error"] == "States.TaskFailed", ended
    described = json.loads(ended["cause"])
    assert (described["Status"], described["Error"], described["Cause"]) == ("FAILED", "Own", "why"), described


def replace_role_policies(client):
    stacks, roles = client("cloudformation"), client("iam")
    anyone = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }

    def template(policy):
        document = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
        }
        named = {"RoleName": {"Ref": "Role"}, "PolicyName": policy, "PolicyDocument": document}
        role = {
            "Type": "AWS::IAM::Role",
            "Properties": {"RoleName": "r", "AssumeRolePolicyDocument": {"Version": "2012-10-17", **anyone}},
        }
        return json.dumps({"Resources": {"Role": role, "P": {"Type": "AWS::IAM::RolePolicy", "Properties": named}}})

    def done():
        status = stacks.describe_stacks(StackName="s")["Stacks"][0]["StackStatus"]
        assert not status.endswith("FAILED") and "ROLLBACK" not in status, status
        return status.endswith("COMPLETE")

    capabilities = ["CAPABILITY_NAMED_IAM"]
    stacks.create_stack(StackName="s", TemplateBody=template("one"), Capabilities=capabilities)
    until("the stack", done)
    assert roles.list_role_policies(RoleName="r")["PolicyNames"] == ["one"]
    stacks.update_stack(StackName="s", TemplateBody=template("two"), Capabilities=capabilities)
    until("the update", lambda: done() and roles.list_role_policies(RoleName="r")["PolicyNames"] == ["two"])


def name_callers(client):
    functions = _function(client, "def handler(event, context): return event['requestContext'].get('authorizer')")
    url = functions.create_function_url_config(FunctionName="f", AuthType="AWS_IAM")["FunctionUrl"]
    users = client("iam")
    users.create_user(UserName="box")
    key = users.create_access_key(UserName="box")["AccessKey"]
    endpoint = functions.meta.endpoint_url + "/_aws/lambda-url/" + url.split("//")[1].split(".")[0] + "/"
    request = AWSRequest(method="POST", url=endpoint, data=b"{}")
    SigV4Auth(Credentials(key["AccessKeyId"], key["SecretAccessKey"]), "lambda", "us-east-1").add_auth(request)
    sent = urllib.request.Request(endpoint, data=b"{}", headers=dict(request.headers), method="POST")
    with urllib.request.urlopen(sent) as answer:
        authorizer = json.load(answer)
    assert authorizer["iam"]["userArn"] == "arn:aws:iam::000000000000:user/box", authorizer
