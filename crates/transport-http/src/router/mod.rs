//! Paths and methods to handlers, for serving straight on hyper.

mod error;
mod methods;
mod params;

use std::{fmt, sync::Arc};

use http::{HeaderValue, Method, Request, Response, StatusCode, header::ALLOW, request::Parts};

use crate::{
    Body, ErrorEncoder, Handler, PlainText, Rejection,
    errors::render,
    handler::{Mounted, mount},
};
pub use error::RouteError;
use methods::{Lane, Methods, Place, Route, answer, bodiless};
pub use params::{PathParams, path_param};

/// Routes requests by path and method to handlers, most often [`Server`](crate::Server)s.
///
/// Give it to [`serve`](crate::serve()) for a service without a web framework, or mount it as a
/// tower service. A clone shares the routes, and allocates: it counts the requests that hold them by
/// itself, so that connections on different cores, which have a clone each, do not meet in one
/// counter.
///
/// # Paths
///
/// `/todos` matches itself; `/todos/{id}` any one segment in the place of `{id}`; `/files/{*path}`
/// all that follows. A literal segment goes before a parameter. Matching is on the path as it was
/// sent, trailing slash included; parameters are percent-decoded afterwards, see [`path_param`].
///
/// # What it answers itself
///
/// 404 for a path without a route, unless there is a [fallback](Self::fallback); 405 with `Allow`
/// for a method without a handler; 400 for a path parameter that is no UTF-8: all by its
/// [error encoder](Self::errors). HEAD is answered by the handler of GET, without the body. OPTIONS
/// is answered only if there is a handler for it.
///
/// ```
/// # async fn example() {
/// use http::Request;
/// use oxkit_core::{Refusal, endpoint_fn};
/// use oxkit_transport_http::{Body, Router, Server};
///
/// let uppercase = endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s.to_uppercase()));
/// let router = Router::new().post("/uppercase", Server::json(uppercase));
///
/// let request = |method, path, body: &'static str| {
///     Request::builder().method(method).uri(path).body(Body::from(body)).unwrap()
/// };
/// let answered = router.handle(request("POST", "/uppercase", r#""hello""#)).await;
/// assert_eq!(answered.into_body().collect(100).await.unwrap(), "\"HELLO\"\n");
///
/// let refused = router.handle(request("GET", "/uppercase", "")).await;
/// assert_eq!((refused.status().as_u16(), &refused.headers()["allow"]), (405, &"POST".parse().unwrap()));
/// # }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example());
/// ```
#[must_use = "a router does nothing until it is mounted or served"]
pub struct Router {
    lane: Lane,
}

impl Clone for Router {
    fn clone(&self) -> Self {
        Self { lane: Arc::new(Arc::clone(&self.lane)) }
    }
}

/// Copied only while routes are added to a router that was cloned.
#[derive(Clone)]
struct Table {
    paths: matchit::Router<usize>,
    /// Beside `paths`, so that a second method of a path finds the first.
    routes: Vec<(String, Methods)>,
    /// All handlers. Everything else names one by its place here.
    handlers: Vec<Route>,
    fallback: Option<usize>,
    errors: Arc<dyn ErrorEncoder>,
}

impl Default for Router {
    fn default() -> Self {
        Self::new()
    }
}

macro_rules! methods {
    ($($name:ident $method:ident),*) => {$(
        #[doc = concat!("Adds a handler for ", stringify!($method), " on `path`.")]
        ///
        /// # Panics
        ///
        /// If the pattern is malformed or the route is taken: see [`try_route`](Self::try_route).
        #[track_caller]
        pub fn $name(self, path: &str, handler: impl Handler) -> Self {
            self.route(Method::$method, path, handler)
        }
    )*};
}

impl Router {
    /// A router without routes: it answers 404.
    pub fn new() -> Self {
        let table = Table {
            paths: matchit::Router::new(),
            routes: Vec::new(),
            handlers: Vec::new(),
            fallback: None,
            errors: Arc::new(PlainText),
        };
        Self { lane: Arc::new(Arc::new(table)) }
    }

    /// The table, copied first if it is shared.
    fn table(&mut self) -> &mut Table {
        Arc::make_mut(Arc::make_mut(&mut self.lane))
    }

    methods!(get GET, post POST, put PUT, patch PATCH, delete DELETE);

    /// Adds a handler for `method` on `path`.
    ///
    /// # Panics
    ///
    /// If the pattern is malformed or the route is taken: see [`try_route`](Self::try_route).
    #[track_caller]
    pub fn route(self, method: Method, path: &str, handler: impl Handler) -> Self {
        orderly(self.try_route(method, path, handler))
    }

    /// Adds a handler on `path` for all methods that have none of their own.
    ///
    /// # Panics
    ///
    /// If the pattern is malformed or the route is taken: see [`try_route`](Self::try_route).
    #[track_caller]
    pub fn any(self, path: &str, handler: impl Handler) -> Self {
        orderly(self.add(None, path, Arc::new(handler)))
    }

    /// Adds a handler for `method` on `path`, for routes that come from a configuration.
    ///
    /// # Errors
    ///
    /// The pattern is malformed, does not begin with `/` or has two parameters of one name, the
    /// method has a handler on this path already, or another pattern matches the same paths, such as
    /// `/todos/{id}` and `/todos/{name}`.
    ///
    /// ```
    /// use http::{Method, Request, Response};
    /// use oxkit_transport_http::{Body, Router};
    ///
    /// async fn ok(_: Request<Body>) -> Response<Body> { Response::default() }
    ///
    /// let router = Router::new().get("/todos/{id}", ok);
    /// let error = router.try_route(Method::GET, "/todos/{name}", ok).unwrap_err();
    /// assert!(error.is_conflict());
    /// ```
    pub fn try_route(
        self,
        method: Method,
        path: &str,
        handler: impl Handler,
    ) -> Result<Self, RouteError> {
        self.add(Some(method), path, Arc::new(handler))
    }

    fn add(mut self, method: Option<Method>, path: &str, route: Route) -> Result<Self, RouteError> {
        // No request would ever come to it, but for an OPTIONS of the server itself.
        if !path.starts_with('/') && path != "*" {
            return Err(RouteError::no_path(path.to_owned()));
        }
        if let Some(name) = params::repeated(path) {
            return Err(RouteError::repeated(path.to_owned(), name));
        }
        let table = self.table();
        let at = match table.routes.iter().position(|(known, _)| known == path) {
            Some(at) => at,
            None => {
                let at = table.routes.len();
                table
                    .paths
                    .insert(path, at)
                    .map_err(|source| RouteError::pattern(path.to_owned(), source))?;
                table.routes.push((path.to_owned(), Methods::default()));
                at
            }
        };
        if table.routes[at].1.add(method.clone(), table.handlers.len()) {
            table.handlers.push(route);
            Ok(self)
        } else {
            Err(RouteError::taken(method, path.to_owned()))
        }
    }

    /// Answers what no route matches, in place of 404. A second one replaces the first.
    pub fn fallback(mut self, handler: impl Handler) -> Self {
        let table = self.table();
        table.fallback = Some(table.handlers.len());
        table.handlers.push(Arc::new(handler));
        self
    }

    /// Sets how the router's own failures are answered. By default [`PlainText`].
    ///
    /// The handlers' failures are answered as their servers say.
    pub fn errors(mut self, encoder: impl ErrorEncoder) -> Self {
        self.table().errors = Arc::new(encoder);
        self
    }

    /// Serves one request. There is always a response.
    ///
    /// # Panics
    ///
    /// When the handler does.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future cancels the handler.
    pub async fn handle(&self, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        match self.mounted(head, body).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    fn mounted(&self, mut head: Parts, body: Body) -> Mounted<Response<Body>> {
        let (slot, is_bodiless) = match self.lane.find(&mut head) {
            Ok(found) => found,
            Err(rejection) => return answer(render(&*self.lane.errors, &rejection)),
        };
        let route = &self.lane.handlers[slot];
        let place = Place { lane: Arc::clone(&self.lane), slot };
        let answering = route.call(place, head, body);
        if is_bodiless {
            return Box::pin(async move { answering.await.map(bodiless) });
        }
        answering
    }
}

impl Table {
    /// The place of the handler, and whether its response is for HEAD. Path parameters are put into
    /// `head`.
    fn find(&self, head: &mut Parts) -> Result<(usize, bool), Rejection> {
        let Ok(found) = self.paths.at(head.uri.path()) else {
            let nothing = || Rejection::new(StatusCode::NOT_FOUND, "there is nothing at this path");
            return self.fallback.map(|slot| (slot, false)).ok_or_else(nothing);
        };
        let methods = &self.routes[*found.value].1;
        let found_for =
            methods.find(&head.method).ok_or_else(|| not_allowed(methods, &head.method))?;
        if !found.params.is_empty() {
            let params = PathParams::decode(&found.params)?;
            head.extensions.insert(params);
        }
        Ok(found_for)
    }
}

fn not_allowed(methods: &Methods, method: &Method) -> Rejection {
    let allowed = methods.allowed();
    let rejection = Rejection::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{method} is not allowed here, only {allowed}"),
    );
    match HeaderValue::try_from(allowed) {
        Ok(allowed) => rejection.with_header(ALLOW, allowed),
        // Methods are tokens, which are header values.
        Err(_) => rejection,
    }
}

#[track_caller]
fn orderly(added: Result<Router, RouteError>) -> Router {
    added.unwrap_or_else(|error| panic!("{error}"))
}

impl Handler for Router {
    type Begun = Mounted<Response<Body>>;

    fn begin(&self, head: Parts, body: Body) -> Self::Begun {
        self.mounted(head, body)
    }

    async fn finish(&self, begun: Self::Begun) -> Response<Body> {
        match begun.await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

mount!([] Router);

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paths = self.lane.routes.iter().map(|(path, _)| path);
        f.debug_list().entries(paths).finish()
    }
}
