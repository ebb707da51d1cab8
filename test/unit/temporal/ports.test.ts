import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort, listens } from "../../../src/temporal/ports.ts";

test("the preferred port when it is free, another when it is taken", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect(await listens(`127.0.0.1:${port}`)).toBe(true);
  const other = await freePort(port);
  expect(other).not.toBe(port);
  expect(other).toBeGreaterThan(0);

  server.close();
  await once(server, "close");
  expect(await listens(`127.0.0.1:${port}`)).toBe(false);
  expect(await freePort(port)).toBe(port);
});
