import { readFileSync } from "node:fs";
import { once } from "node:events";
import { connect, createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";

/** Certificates for these tests alone, good for a hundred years: nothing trusts their authority, whose key is gone. */
export const TLS = join(import.meta.dirname, "../fixtures/tls");
/** The one name that the server's certificate has. */
export const TLS_NAME = "temporal.test";

/** What came in with a call. */
export interface SeenCall {
  /** "DescribeNamespace". */
  readonly call: string;
  readonly authorization: string | undefined;
  /** Common name of the client's certificate. */
  readonly client: string | undefined;
}

const read = (name: string) => readFileSync(join(TLS, name));

/** A front end as a guarded cluster has it: TLS, a certificate of the client's required; it passes every call on. */
export async function startTlsProxy(target: string) {
  const server = createSecureServer({
    key: read("server.key"),
    cert: read("server.crt"),
    ca: read("ca.crt"),
    requestCert: true,
    rejectUnauthorized: true,
  });
  const behind = connect(`http://${target}`);
  const seen: SeenCall[] = [];
  server.on("stream", (stream, headers) => {
    const socket = stream.session?.socket as TLSSocket | undefined;
    const subject = socket?.getPeerCertificate().subject.CN;
    seen.push({
      call: String(headers[":path"]).split("/").at(-1) ?? "",
      authorization: headers.authorization,
      client: Array.isArray(subject) ? subject[0] : subject,
    });
    passOn(stream, headers);
  });

  function passOn(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const request = behind.request({ ...headers, ":scheme": "http", ":authority": target });
    let trailers: IncomingHttpHeaders = {};
    request.on("trailers", (them) => (trailers = them));
    request.on("response", (answer, flags) => {
      // A refusal of gRPC is headers alone, which end the stream.
      const over = (flags & 1) === 1;
      if (stream.destroyed) return;
      stream.respond(answer, over ? { endStream: true } : { waitForTrailers: true });
      if (over) return;
      stream.on("wantTrailers", () => stream.sendTrailers(trailers));
      request.pipe(stream);
    });
    stream.on("close", () => request.close());
    for (const each of [stream, request]) each.on("error", () => {}); // A client that hangs up is no news.
    stream.pipe(request);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () => {
      behind.destroy();
      server.close();
    },
  };
}
