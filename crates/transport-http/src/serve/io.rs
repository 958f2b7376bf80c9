//! The socket as hyper sees it: counted, peekable, and closed so that the last answer arrives.

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::{activity::Activity, again};

/// A byte stream over a TCP socket, which it can show.
pub(super) trait OverTcp: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    fn socket(&self) -> &TcpStream;
}

impl OverTcp for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
impl OverTcp for tokio_rustls::server::TlsStream<TcpStream> {
    fn socket(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Up to how many bytes are copied together before they are written: far below where the copy
/// costs what it saves.
const GATHERED: usize = 1024;

/// Bytes that were read before their time, and are to be read again.
#[derive(Debug, Default)]
pub(super) struct Prefix {
    bytes: [u8; PREFIX],
    from: u8,
    to: u8,
}

/// The length of the longest prefix: that of the HTTP/2 preface.
pub(super) const PREFIX: usize = 24;

impl Prefix {
    pub(super) fn new(read: &[u8]) -> Self {
        let mut bytes = [0; PREFIX];
        let length = read.len().min(PREFIX);
        bytes[..length].copy_from_slice(&read[..length]);
        Self {
            bytes,
            from: 0,
            to: u8::try_from(length).expect("a prefix is at most 24 bytes long"),
        }
    }

    const fn is_empty(&self) -> bool {
        self.from == self.to
    }

    fn take(&mut self, buffer: &mut ReadBuf<'_>) {
        let rest = &self.bytes[usize::from(self.from)..usize::from(self.to)];
        let taken = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..taken]);
        self.from += u8::try_from(taken).expect("a prefix is at most 24 bytes long");
    }
}

/// A stream that tells its connection's [`Activity`] what it sees.
#[derive(Debug)]
pub(super) struct Io<T> {
    stream: T,
    activity: Arc<Activity>,
    prefix: Prefix,
    /// Whether the last read found nothing, so that whoever reads will be told of more.
    is_awaited: bool,
    is_shut: bool,
}

impl<T> Io<T> {
    pub(super) const fn new(stream: T, prefix: Prefix, activity: Arc<Activity>) -> Self {
        Self { stream, activity, prefix, is_awaited: false, is_shut: false }
    }
}

impl<T: OverTcp> Io<T> {
    /// Whether there is something to read in the kernel, or the end of it.
    fn peek(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        match SockRef::from(self.stream.socket()).peek(&mut byte) {
            Ok(_) => true,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }

    /// Fails if the peer has left. What it has sent instead is kept for the next read.
    fn look_for_end(&mut self, task: &mut Context<'_>) -> io::Result<()> {
        if !self.prefix.is_empty() {
            return Ok(());
        }
        let mut room = [MaybeUninit::uninit(); PREFIX];
        let mut read = ReadBuf::uninit(&mut room);
        match Pin::new(&mut self.stream).poll_read(task, &mut read) {
            Poll::Pending => Ok(()),
            Poll::Ready(Err(error)) => Err(error),
            Poll::Ready(Ok(())) if read.filled().is_empty() => {
                self.activity.on_read(0);
                Err(io::ErrorKind::UnexpectedEof.into())
            }
            Poll::Ready(Ok(())) => {
                self.prefix = Prefix::new(read.filled());
                Ok(())
            }
        }
    }

    /// Reads until the peer's end and throws it away.
    fn poll_discard(&mut self, task: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut scrap = [MaybeUninit::uninit(); 4096];
            let mut scrap = ReadBuf::uninit(&mut scrap);
            match ready!(Pin::new(&mut self.stream).poll_read(task, &mut scrap)) {
                Ok(()) if !scrap.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    }
}

impl<T: OverTcp> AsyncRead for Io<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        if !this.prefix.is_empty() {
            this.prefix.take(buffer);
        }
        let polled = Pin::new(&mut this.stream).poll_read(task, buffer);
        let read = buffer.filled().len() - before;
        this.is_awaited = read == 0 && polled.is_pending();
        if this.is_awaited && this.activity.peek_is_wanted() {
            this.activity.peeked(this.peek());
        }
        // After what the prefix had, an end or an error is for the next read to tell.
        if read == 0 {
            ready!(polled)?;
        }
        this.activity.on_read(read);
        Poll::Ready(Ok(()))
    }
}

impl<T: OverTcp> Io<T> {
    fn note<R>(&self, polled: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if polled.is_pending() {
            self.activity.on_write_blocked();
        } else {
            self.activity.on_written();
        }
        polled
    }
}

impl<T: OverTcp> AsyncWrite for Io<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(task, bytes);
        self.note(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // A small answer in one piece: the kernel takes 80 ns less for one than for a head and a
        // body, and TLS makes one record of it.
        let length: usize = slices.iter().map(|slice| slice.len()).sum();
        let polled = if slices.len() > 1 && length <= GATHERED {
            let mut room = [MaybeUninit::uninit(); GATHERED];
            let mut whole = ReadBuf::uninit(&mut room);
            slices.iter().for_each(|slice| whole.put_slice(slice));
            Pin::new(&mut self.stream).poll_write(task, whole.filled())
        } else {
            Pin::new(&mut self.stream).poll_write_vectored(task, slices)
        };
        self.note(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Also looks for the peer's end: hyper flushes at the end of each turn, and while a request
    /// waits for its answer does not read.
    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Of an answer over TLS the last write is taken by rustls, and it is the flush that waits
        // for the peer: its end is the end of the stall.
        let polled = Pin::new(&mut self.stream).poll_flush(task);
        ready!(self.note(polled))?;
        // Whoever is polled again does not wait yet.
        if self.activity.is_busy() && !self.is_awaited && !again::is_woken() {
            self.look_for_end(task)?;
        }
        Poll::Ready(Ok(()))
    }

    /// Sends our end and waits for the peer's.
    ///
    /// A socket that is closed while unread bytes lie in it resets the connection, and a reset may
    /// overtake the answer: a client that is told 413 in the middle of its upload would never see
    /// it. The [driver](super::driver) limits how long that may take.
    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.is_shut {
            ready!(Pin::new(&mut this.stream).poll_shutdown(task))?;
            this.is_shut = true;
            if !this.activity.begin_lingering() {
                return Poll::Ready(Ok(()));
            }
        }
        if this.activity.is_lingering() {
            ready!(this.poll_discard(task));
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(all(test, feature = "tls-ring"))]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::{future::poll_fn, io::Result};

    use rustls::{ClientConfig, RootCertStore, ServerConfig, crypto::ring, pki_types};
    use tokio::{io::AsyncReadExt, net::TcpSocket, task::yield_now};
    use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

    use super::*;

    /// Two ends of a connection that holds little.
    async fn pair() -> (client::TlsStream<TcpStream>, server::TlsStream<TcpStream>) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
        let key = pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let provider = Arc::new(ring::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();

        let socket = TcpSocket::new_v4().unwrap();
        socket.set_send_buffer_size(16 * 1024).unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let listener = socket.listen(1).unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        let (client, server) = tokio::join!(
            TlsConnector::from(Arc::new(client)).connect("localhost".try_into().unwrap(), stream),
            TlsAcceptor::from(Arc::new(server)).accept(accepted),
        );
        (client.unwrap(), server.unwrap())
    }

    #[tokio::test]
    async fn a_peer_that_has_taken_everything_does_not_stall() {
        let (mut peer, stream) = pair().await;
        let activity = Arc::new(Activity::default());
        let mut io = Io::new(stream, Prefix::default(), Arc::clone(&activity));
        let mut written = 0;
        // Until rustls has taken something that the socket does not take.
        while !activity.is_stalled() {
            written +=
                poll_fn(|task| Pin::new(&mut io).poll_write(task, &[0; 1024])).await.unwrap();
            let flush = |task: &mut Context<'_>| Poll::Ready(Pin::new(&mut io).poll_flush(task));
            let _: Poll<Result<()>> = poll_fn(flush).await;
            yield_now().await;
        }
        let reading = tokio::spawn(async move {
            peer.read_exact(&mut vec![0; written]).await.unwrap();
            peer
        });
        poll_fn(|task| Pin::new(&mut io).poll_flush(task)).await.unwrap();
        reading.await.unwrap();
        assert!(!activity.is_stalled());
    }
}
