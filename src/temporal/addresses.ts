/**
 * Connection options of a server on this host. gRPC would send even these calls through the proxy that `http_proxy`
 * names, unless `no_proxy` lists the loopback address, which few think of.
 */
export function loopback(address: string): { address: string; channelArgs: Record<string, number> } {
  return { address, channelArgs: { "grpc.enable_http_proxy": 0 } };
}

/** Is it an address of this host alone? */
export function isLoopback(address: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(address);
}
