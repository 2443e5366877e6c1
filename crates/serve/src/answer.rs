use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

use crate::message::Response;

/// A body that is known whole, and perhaps sent only in part.
pub(crate) struct Answer {
    rest: Bytes,
    /// How many bytes are announced but never sent.
    missing: usize,
    /// The part that is sent has been handed over; the next poll but one ends the connection.
    flushed: bool,
}

impl Answer {
    /// An answer that is sent to its end.
    pub(crate) fn whole(response: Response) -> hyper::Response<Self> {
        response.map(|body| Self { rest: body, missing: 0, flushed: false })
    }

    /// A body of which only the first bytes are sent.
    pub(crate) fn cut(body: &Bytes, bytes: usize) -> Self {
        let sent = body.slice(..bytes.min(body.len()));
        Self { missing: body.len() - sent.len(), rest: sent, flushed: false }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.rest)))));
        }
        if self.missing == 0 {
            return Poll::Ready(None);
        }
        if !self.flushed {
            // One pause, in which the connection writes out what it holds; an error would discard it.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err("cut off on demand".into())))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.missing == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact((self.rest.len() + self.missing) as u64)
    }
}
