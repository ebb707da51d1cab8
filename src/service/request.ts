import { reasonOf, StepFailure } from "../failure.ts";

/** A service that answers JSON, and how long it may take. */
export interface Service {
  /** What paths are put behind: "https://openrouter.ai/api/v1". */
  readonly address: string;
  readonly key: string | null;
  /** The longest it may take to answer, in ms. */
  readonly timeoutMs: number;
}

export interface ServiceRequest {
  /** "chat/completions". */
  readonly path: string;
  /** It is posted; without one, what is there is read. */
  readonly body?: object;
}

/** Characters of what a service said that are repeated. */
const SHOWN = 200;

/**
 * Asks once for JSON. What may go better the next time is Infrastructure, with the time that the service asked to be
 * left alone; what will not is BadInput, whose `details` have the service's own `status`.
 */
export async function requestJson(service: Service, request: ServiceRequest, signal: AbortSignal): Promise<unknown> {
  const text = await requestText(service, request, signal);
  try {
    return JSON.parse(text);
  } catch {
    throw misread(service, "with broken JSON", text);
  }
}

/** The same for an answer of any text. */
export async function requestText(service: Service, request: ServiceRequest, signal: AbortSignal): Promise<string> {
  const { address, key, timeoutMs } = service;
  const { path, body } = request;
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(`${address.replace(/\/$/, "")}/${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { "content-type": "application/json", ...(key !== null && { authorization: `Bearer ${key}` }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([signal, late]),
    });
    const text = await response.text();
    if (!response.ok) throw refused(service, response, text);
    return text;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof StepFailure) throw error;
    const why = late.aborted ? `did not answer in ${timeoutMs / 1000} s` : `cannot be reached (${reasonOf(error)})`;
    // No cause: it holds the request, and so the key.
    throw new StepFailure("Infrastructure", `The service at ${address} ${why}.`);
  }
}

/** An answer that is not one to the question: half of one, or a proxy's page. */
export function misread(service: Service, how: string, text: string): StepFailure {
  return new StepFailure(
    "Infrastructure",
    `The service at ${service.address} answered ${how}: ${shown(service, text)}`,
  );
}

/** Statuses that another attempt may change; all of 500 and above besides. */
const PASSING = [408, 409, 425, 429];

function refused(service: Service, response: Response, text: string): StepFailure {
  const { status, headers } = response;
  const told = `The service at ${service.address} answered ${status}: ${shown(service, text)}`;
  if (PASSING.includes(status) || status >= 500) {
    return new StepFailure("Infrastructure", told, {
      retryAfterMs: retryAfter(headers.get("retry-after"), Date.now()),
    });
  }
  return new StepFailure("BadInput", told, { details: { status } });
}

/** The status by which a service refused; undefined for any other failure. */
export function refusedBy(error: unknown): number | undefined {
  if (!(error instanceof StepFailure)) return undefined;
  return (error.details as { status?: number } | undefined)?.status;
}

/** The time of a Retry-After header in ms: seconds, or a date (RFC 9110, 10.2.3). */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\s*\d+\s*$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.round(seconds * 1000)) : undefined;
}

/** A service may repeat what it was sent. */
function shown({ key }: Service, text: string): string {
  const safe = key === null ? text : text.replaceAll(key, "…");
  return safe.length <= SHOWN ? safe : `${safe.slice(0, SHOWN)}…`;
}
