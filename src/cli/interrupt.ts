/** What a wait is ended with when this process is asked to stop. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Fires when a person or a system asks this process to stop. A second ^C ends it at once; its children end with it. */
export function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => controller.abort(new Interrupted(`The command was told to stop (${signal}).`)));
  }
  return controller.signal;
}
