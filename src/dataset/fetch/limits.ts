/** How far a download goes. */
export interface FetchLimits {
  /** Addresses that are asked at once, of all hosts together. */
  readonly atOnce: number;
  /** Addresses of one host that are asked at once: pictures of the web lie with people who pay for their traffic. */
  readonly perHost: number;
  /** How often an address is asked before it is given up. */
  readonly attempts: number;
  /** The same, of a host that says nothing or cannot be reached: each time costs `idleMs`. */
  readonly silentAttempts: number;
  /** Addresses in a row at which a host says nothing before nothing more is asked of it. */
  readonly silentAddresses: number;
  /** Before the second attempt, in ms; doubled before each further one. */
  readonly backoffMs: number;
  /** The longest wait that a host can ask for (Retry-After), in ms; an address that asks for more is given up. */
  readonly longestWaitMs: number;
  /** The longest silence of a host, in ms. */
  readonly idleMs: number;
  /** The longest that one attempt takes, in ms: a host that sends a byte now and then is no use either. */
  readonly totalMs: number;
  /** Bytes above which an image is left. */
  readonly maxBytes: number;
  /** Pixels (width × height) above which an image is left: models see a megapixel or two. */
  readonly maxPixels: number;
}

export const FETCH_LIMITS: FetchLimits = {
  atOnce: 16,
  perHost: 4,
  attempts: 4,
  silentAttempts: 2,
  silentAddresses: 3,
  backoffMs: 1_000,
  longestWaitMs: 120_000,
  idleMs: 20_000,
  totalMs: 120_000,
  maxBytes: 50e6,
  maxPixels: 100e6,
};
