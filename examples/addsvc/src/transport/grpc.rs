//! gRPC: the services of `proto/addsvc.proto`.
//!
//! An error of the domain is the field `err` of an answer whose status is OK, as in Go kit's addsvc.
//! What the toolkit refuses is a status: a limit `RESOURCE_EXHAUSTED`, an open circuit breaker
//! `UNAVAILABLE`, both with the advice when to come back.

use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Layer, Refusal};
use oxkit_endpoint::ForOperation;
use oxkit_tracing::Propagation;
use oxkit_transport_grpc::{
    GrpcError, Incoming, Metadata, Method, Outgoing, Router, Service,
    client::{Client, Transport},
};
use tonic_health::server::HealthReporter;

use crate::{
    AddError, Answer, Calling, ConcatRequest, Endpoints, SumRequest, answered, operation, pb,
    streaming::Sums,
};

const GENERATED: &str = "the description is generated, and a test compares it";

/// The endpoints and the stream as gRPC services.
pub fn router<E>(endpoints: &Endpoints, stream: E, propagation: &Propagation) -> Router
where
    E: Endpoint<Request = Incoming<SumRequest>, Response = Sums> + 'static,
{
    let traced = |method: Method| {
        let propagation = propagation.clone();
        method.before(move |cx, metadata| {
            // What cannot be understood is counted, and no reason to refuse.
            let _ = propagation.extract(cx, metadata.headers());
            Ok(())
        })
    };
    let sum = Method::unary(answered(endpoints.sum.clone()), numbers, sum_reply);
    let concat = Method::unary(answered(endpoints.concat.clone()), texts, concat_reply);
    let stream = Method::bidirectional(stream, numbers, sum_reply);
    let add = Service::new(pb::ADD).method("Sum", traced(sum)).method("Concat", traced(concat));
    let add_stream = Service::new(pb::ADD_STREAM).method("SumStream", traced(stream));
    Router::new().service(add).service(add_stream)
}

/// Adds gRPC's own services: health, whose reporter comes back too, and reflection in both versions
/// that clients ask for.
///
/// # Panics
///
/// If the description of the services, which is part of the program, is not one.
pub async fn with_health_and_reflection(router: Router) -> (Router, HealthReporter) {
    let (reporter, health) = tonic_health::server::health_reporter();
    for name in [pb::ADD, pb::ADD_STREAM] {
        reporter.set_service_status(name, tonic_health::ServingStatus::Serving).await;
    }
    let described = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let (v1, v1alpha) = (described().build_v1(), described().build_v1alpha());
    let router = router.tonic(health).tonic(v1.expect(GENERATED)).tonic(v1alpha.expect(GENERATED));
    (router, reporter)
}

/// Tells those who ask for the health that no more calls should come.
pub async fn not_serving(reporter: &HealthReporter) {
    for name in ["", pb::ADD, pb::ADD_STREAM] {
        reporter.set_service_status(name, tonic_health::ServingStatus::NotServing).await;
    }
}

/// Ends the streams of those who watch the health, which would otherwise hold up the end of serving
/// for as long as they like.
pub async fn end_watches(mut reporter: HealthReporter) {
    for name in ["", pb::ADD, pb::ADD_STREAM] {
        reporter.clear_service_status(name).await;
    }
}

/// The service behind `channel`, which its methods share.
///
/// The channel is the caller's to make, with TLS, over a Unix socket or to a router in the same
/// process:
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use addsvc::{AddService, Calling, transport};
/// use oxkit_core::Context;
/// use oxkit_transport_grpc::client::ChannelBuilder;
///
/// let channel = ChannelBuilder::from_static("http://localhost:8082").connect_lazy();
/// let service = transport::grpc::client(channel, &Calling::new());
/// assert_eq!(service.sum(Context::new(), 1, 2).await?, 3);
/// # Ok(())
/// # }
/// ```
pub fn client<C: Transport + 'static>(channel: C, calling: &Calling) -> Endpoints {
    let encode = |SumRequest { a, b }| Ok::<_, GrpcError>(pb::SumRequest { a, b });
    let decode = |pb::SumReply { v, err }| Ok::<_, GrpcError>(told(v, err));
    let sum = Client::unary(channel.clone(), pb::ADD, "Sum", encode, decode);
    let encode = |ConcatRequest { a, b }| Ok::<_, GrpcError>(pb::ConcatRequest { a, b });
    let decode = |pb::ConcatReply { v, err }| Ok::<_, GrpcError>(told(v, err));
    let concat = Client::unary(channel, pb::ADD, "Concat", encode, decode);
    let sum = sum.before(injector(calling));
    let concat = concat.before(injector(calling));
    Endpoints {
        sum: calling.around("grpc", operation::SUM.clone(), sum),
        concat: calling.around("grpc", operation::CONCAT.clone(), concat),
    }
}

/// The stream behind `channel`: an answer for each request, in their order.
pub fn sum_stream<C: Transport + 'static>(
    channel: C,
    calling: &Calling,
) -> impl Endpoint<Request = Outgoing<SumRequest>, Response = Incoming<Answer<i64>>, Error = GrpcError>
+ use<C> {
    let encode = |SumRequest { a, b }| Ok::<_, GrpcError>(pb::SumRequest { a, b });
    let decode = |pb::SumReply { v, err }| Ok::<_, GrpcError>(told(v, err));
    let client = Client::bidirectional(channel, pb::ADD_STREAM, "SumStream", encode, decode);
    ForOperation::new(operation::SUM_STREAM.clone()).layer(client.before(injector(calling)))
}

fn injector(
    calling: &Calling,
) -> impl Fn(&Context, &mut Metadata) -> Result<(), Refusal> + Send + Sync + 'static {
    let propagation = calling.propagated().clone();
    move |cx, metadata| {
        propagation.inject(cx, metadata.headers_mut());
        Ok(())
    }
}

fn numbers(pb::SumRequest { a, b }: pb::SumRequest) -> Result<SumRequest, Refusal> {
    Ok(SumRequest { a, b })
}

fn texts(pb::ConcatRequest { a, b }: pb::ConcatRequest) -> Result<ConcatRequest, Refusal> {
    Ok(ConcatRequest { a, b })
}

fn sum_reply(answer: Answer<i64>) -> Result<pb::SumReply, AddError> {
    let (v, err) = fields(answer)?;
    Ok(pb::SumReply { v, err })
}

fn concat_reply(answer: Answer<String>) -> Result<pb::ConcatReply, AddError> {
    let (v, err) = fields(answer)?;
    Ok(pb::ConcatReply { v, err })
}

/// The fields of a reply. What is no error of the domain is the status.
fn fields<T: Default>(answer: Answer<T>) -> Result<(T, String), AddError> {
    match answer {
        Ok(v) => Ok((v, String::new())),
        Err(refused @ AddError::Refused(_)) => Err(refused),
        Err(error) => Ok((T::default(), error.public_message().into_owned())),
    }
}

/// What the fields of a reply say.
fn told<T>(v: T, err: String) -> Answer<T> {
    if err.is_empty() {
        return Ok(v);
    }
    Err(AddError::of_text(&err).unwrap_or_else(|| Refusal::of_kind(ErrorKind::Unknown, err).into()))
}
