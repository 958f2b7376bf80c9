//! `CloudWatch`, as moto plays it.

use crate::*;
use testing_servers::Cloudwatch;

#[test]
fn it_answers_and_goes_when_it_is_dropped() {
    check::<Cloudwatch>(|server| {
        let put = "Action=PutMetricData&Version=2010-08-01&Namespace=test\
            &MetricData.member.1.MetricName=requests&MetricData.member.1.Value=42";
        let list = "Action=ListMetrics&Version=2010-08-01&Namespace=test";
        let list = || server.ask(list).body;
        let answer = server.ask(put);
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(list().contains("<MetricName>requests</MetricName>"), "{}", list());
        server.reset();
        assert!(!list().contains("requests"), "{}", list());
    });
}

#[test]
fn it_goes_with_a_process_that_is_killed() {
    check_killed("cloudwatch");
}
