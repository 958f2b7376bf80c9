//! What every mapping layer says of itself, written once.

/// A layer and its endpoint that hold a function and name the request type it takes, which nothing
/// else would fix.
macro_rules! request_layer {
    ($layer:ident, $endpoint:ident) => {
        impl<F: Clone, Request, E> oxkit_core::Layer<E> for $layer<F, Request> {
            type Service = $endpoint<F, Request, E>;

            fn layer(&self, inner: E) -> Self::Service {
                $endpoint {
                    f: self.f.clone(),
                    request: PhantomData,
                    inner,
                }
            }
        }

        impl<F: Clone, Request> Clone for $layer<F, Request> {
            fn clone(&self) -> Self {
                Self {
                    f: self.f.clone(),
                    request: PhantomData,
                }
            }
        }

        impl<F: Copy, Request> Copy for $layer<F, Request> {}

        impl<F: Clone, Request, E: Clone> Clone for $endpoint<F, Request, E> {
            fn clone(&self) -> Self {
                Self {
                    f: self.f.clone(),
                    request: PhantomData,
                    inner: self.inner.clone(),
                }
            }
        }

        impl<F: Copy, Request, E: Copy> Copy for $endpoint<F, Request, E> {}

        crate::map::plumbing::debug!($layer<F, Request>);
        crate::map::plumbing::debug!($endpoint<F, Request, E>);
    };
}

/// A layer and its endpoint that hold a function of what comes back.
macro_rules! answer_layer {
    ($layer:ident, $endpoint:ident) => {
        impl<F: Clone, E> oxkit_core::Layer<E> for $layer<F> {
            type Service = $endpoint<F, E>;

            fn layer(&self, inner: E) -> Self::Service {
                $endpoint {
                    f: self.f.clone(),
                    inner,
                }
            }
        }

        crate::map::plumbing::debug!($layer<F>);
        crate::map::plumbing::debug!($endpoint<F, E>);
    };
}

/// A closure has no `Debug`: its type name tells where it was written.
macro_rules! debug {
    ($name:ident<F $(, $param:ident)*>) => {
        impl<F $(, $param)*> std::fmt::Debug for $name<F $(, $param)*> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name))
                    .field(&std::any::type_name::<F>())
                    .finish()
            }
        }
    };
}

pub(super) use {answer_layer, debug, request_layer};
