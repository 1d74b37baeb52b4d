//! HTTP on 127.0.0.1, with or without TLS.

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub type Reply = Response<Full<Bytes>>;

/// A reply with a body and a content type.
pub fn reply(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = hyper::header::HeaderValue::from_static(content_type);
    reply
        .headers_mut()
        .insert(hyper::header::CONTENT_TYPE, content_type);
    reply
}

/// Listens on a free port and answers every request with `handle`, until the process ends.
pub async fn listen<H, F>(tls: Option<TlsAcceptor>, handle: H) -> Result<SocketAddr>
where
    H: Fn(Parts, Bytes) -> F + Clone + Send + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, handle) = (tls.clone(), handle.clone());
            tokio::spawn(async move {
                // Small replies must not wait for the acknowledgement of earlier ones.
                let _ = stream.set_nodelay(true);
                match tls {
                    None => converse(stream, handle).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            converse(stream, handle).await;
                        }
                    }
                }
            });
        }
    });
    Ok(address)
}

/// A connection that ends early is the function's doing, and shows in its result.
async fn converse<S, H, F>(stream: S, handle: H)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Fn(Parts, Bytes) -> F + Clone + Send + 'static,
    F: Future<Output = Reply> + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let handle = handle.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body
                .collect()
                .await
                .map(|body| body.to_bytes())
                .unwrap_or_default();
            Ok::<Reply, Infallible>(handle(parts, body).await)
        }
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
