//! A connection that is read no faster than a stranger may send.
//!
//! Limits of messages count what a message is made of, not what it is wrapped in: fragments with nothing in them,
//! answers to pings never sent and requests without end cost nothing there. Here every byte counts.

use crate::bucket::Bucket;
use crate::limits::Limits;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A stream whose reading waits when its bytes are used up; writing goes through.
#[derive(Debug)]
pub(crate) struct Paced<S> {
    stream: S,
    bytes: Bucket,
    /// Until there are bytes again.
    pause: Option<Pin<Box<Sleep>>>,
}

impl<S> Paced<S> {
    pub(crate) fn new(stream: S, limits: &Limits) -> Self {
        let bytes = Bucket::full(limits.read_burst, limits.read_per_second, Instant::now());
        Self { stream, bytes, pause: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(cx));
                self.pause = None;
            }
            let Some(wait) = self.bytes.wait(Instant::now()) else { break };
            self.pause = Some(Box::pin(sleep(wait)));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        // A read may take a buffer more than there was; the next one waits for it.
        self.bytes.overdraw(buffer.filled().len() - before, Instant::now());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, BufStream, Repeat, duplex, repeat};

    fn read(endless: &mut Paced<Repeat>, buffer: &mut ReadBuf<'_>) -> Poll<()> {
        let read = Pin::new(endless).poll_read(&mut Context::from_waker(Waker::noop()), buffer);
        read.map(Result::unwrap)
    }

    #[tokio::test]
    async fn no_more_is_read_at_once_than_the_burst_and_one_buffer() {
        let limits = Limits { read_burst: 10, read_per_second: 0, ..Limits::default() };
        let mut endless = Paced::new(repeat(7), &limits);
        let mut total = 0;
        let mut bytes = [0; 4];
        loop {
            let mut buffer = ReadBuf::new(&mut bytes);
            if read(&mut endless, &mut buffer).is_pending() {
                break;
            }
            total += buffer.filled().len();
        }
        assert_eq!(total, 12);
    }

    #[tokio::test]
    async fn what_was_in_the_buffer_before_is_not_paid_for_again() {
        let limits = Limits { read_burst: 10, read_per_second: 0, ..Limits::default() };
        let mut endless = Paced::new(repeat(7), &limits);
        let mut bytes = [0; 12];
        let mut buffer = ReadBuf::new(&mut bytes);
        buffer.put_slice(&[7; 4]);
        assert!(read(&mut endless, &mut buffer).is_ready());
        buffer.clear();
        assert!(read(&mut endless, &mut buffer).is_ready(), "two are left of the burst");
        buffer.clear();
        assert!(read(&mut endless, &mut buffer).is_pending());
    }

    #[tokio::test]
    async fn what_is_written_reaches_the_other_end_however_little_may_be_read() {
        let limits = Limits { read_burst: 0, read_per_second: 0, ..Limits::default() };
        let (near, mut far) = duplex(64);
        // One that holds back what it is given until it is told to flush or to end.
        let mut stream = Paced::new(BufStream::new(near), &limits);
        assert!(stream.is_write_vectored(), "as the stream within says of itself");
        let pieces = [io::IoSlice::new(b"one "), io::IoSlice::new(b"by one")];
        assert_eq!(stream.write_vectored(&pieces).await.unwrap(), 10);
        stream.flush().await.unwrap();
        let mut text = [0; 10];
        far.read_exact(&mut text).await.unwrap();
        assert_eq!(&text, b"one by one");
        stream.write_all(b"the rest").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut rest = String::new();
        far.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "the rest");
    }

    #[tokio::test]
    async fn whoever_waits_gets_the_rest() {
        let limits = Limits { read_burst: 10, read_per_second: 100_000, ..Limits::default() };
        let mut rest = Vec::new();
        Paced::new(repeat(7).take(5_000), &limits).read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest.len(), 5_000);
    }
}
