import type { ClientInterceptors } from "@temporalio/client";

/** Where a span is, as everybody passes it on: W3C's `traceparent`. */
export type Traceparent = string;

/** What OpenTelemetry does for this process, once it was started (otel.ts). */
export interface Tracing {
  readonly client: ClientInterceptors;
  /** The span that the work now under way belongs to. */
  current(): { readonly trace_id: string; readonly span_id: string } | undefined;
  span<T>(name: string, attributes: Attributes, work: (here: Traceparent) => Promise<T>): Promise<T>;
  /** Sends what is not sent yet. */
  stop(): Promise<void>;
}

type Attributes = Readonly<Record<string, string>>;

let tracing: Tracing | undefined;

/** From here on this process tells what it does. */
export function tracedBy(started: Tracing): void {
  tracing = started;
}

/** Does the work in a span of its own; without one where nothing is traced. What it is told is for children. */
export function inSpan<T>(
  name: string,
  attributes: Attributes,
  work: (here: Traceparent | undefined) => Promise<T>,
): Promise<T> {
  return tracing === undefined ? work(undefined) : tracing.span(name, attributes, work);
}

/** What a line of the log says of the span that it was written in; nothing where nothing is traced. */
export function spanNames(): Readonly<Record<string, string>> {
  return tracing?.current() ?? {};
}

/** How a client passes its span on to the workflows that it starts. */
export function tracedClient(): { readonly interceptors?: ClientInterceptors } {
  return tracing === undefined ? {} : { interceptors: tracing.client };
}
