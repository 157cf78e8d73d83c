"""The gap of ministack's CloudWatch: alarms and the event bus."""

import json
import time

from ministack.services import cloudwatch, eventbridge


def send_alarm_events():
    """Gap: an alarm that changes state sends no event to the default event bus."""
    record = cloudwatch._record_history
    states = {}

    def record_and_send(alarm_name, old_state, new_state, reason, alarm_type="MetricAlarm", reason_data=None):
        record(alarm_name, old_state, new_state, reason, alarm_type, reason_data)
        alarm = cloudwatch._alarms.get(alarm_name) or cloudwatch._composite_alarms.get(alarm_name)
        if alarm is None or old_state == new_state:
            return
        now = time.time()
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}+0000"
        state = {"value": new_state, "reason": reason, "timestamp": moment}
        if reason_data or alarm.get("StateReasonData"):
            state["reasonData"] = reason_data or alarm["StateReasonData"]
        arn = alarm["AlarmArn"]
        previous = states.get(arn) or {"value": old_state, "reason": "", "timestamp": moment}
        states[arn] = state
        entry = {
            "Source": "aws.cloudwatch",
            "DetailType": "CloudWatch Alarm State Change",
            "Resources": [arn],
            "Detail": json.dumps(
                {
                    "alarmName": alarm_name,
                    "configuration": alarm_configuration(alarm),
                    "previousState": previous,
                    "state": state,
                }
            ),
        }
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    cloudwatch._record_history = record_and_send


def alarm_configuration(alarm):
    description = {"description": alarm["AlarmDescription"]} if alarm.get("AlarmDescription") else {}
    if "AlarmRule" in alarm:
        return {"alarmRule": alarm["AlarmRule"], **description}
    dimensions = alarm.get("Dimensions") or {}
    if isinstance(dimensions, list):
        dimensions = {dimension["Name"]: dimension["Value"] for dimension in dimensions}
    metric = {
        "namespace": alarm.get("Namespace", ""),
        "name": alarm.get("MetricName", ""),
        "dimensions": dimensions,
    }
    statistic = {"metric": metric, "period": int(alarm.get("Period") or 60), "stat": alarm.get("Statistic", "")}
    return {"metrics": [{"id": "m1", "metricStat": statistic, "returnData": True}], **description}
