"""Prints what CloudWatch has, as Amazon's own client reads it: a line of JSON for each metric."""

import datetime
import json
import sys

import boto3

client = boto3.client(
    "cloudwatch",
    endpoint_url=sys.argv[1],
    region_name="eu-north-1",
    aws_access_key_id="AKIDEXAMPLE",
    aws_secret_access_key="secret",
)
now = datetime.datetime.now(datetime.timezone.utc)
day = datetime.timedelta(days=1)
for page in client.get_paginator("list_metrics").paginate(Namespace="Shop"):
    for metric in page["Metrics"]:
        points = client.get_metric_statistics(
            Namespace=metric["Namespace"],
            MetricName=metric["MetricName"],
            Dimensions=metric["Dimensions"],
            StartTime=now - day,
            EndTime=now + day,
            Period=2 * 86400,
            Statistics=["Sum", "SampleCount", "Minimum", "Maximum"],
        )["Datapoints"]
        print(
            json.dumps(
                {
                    "name": metric["MetricName"],
                    "dimensions": {d["Name"]: d["Value"] for d in metric["Dimensions"]},
                    "unit": points[0].get("Unit"),
                    "sum": sum(point["Sum"] for point in points),
                    "count": sum(point["SampleCount"] for point in points),
                    "least": min(point["Minimum"] for point in points),
                    "most": max(point["Maximum"] for point in points),
                }
            )
        )
