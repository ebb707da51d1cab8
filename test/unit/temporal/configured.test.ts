import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type * as envconfig from "@temporalio/envconfig";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { configuredServer } from "../../../src/temporal/configured.ts";
import { temporaryFolder } from "../../support/temporary.ts";

/** Who runs the tests may be root, to whom no file is closed. */
const file = vi.hoisted(() => ({ denied: undefined as Error | undefined }));
vi.mock("@temporalio/envconfig", async (original) => {
  const real = await original<typeof envconfig>();
  return {
    ...real,
    loadClientConnectConfig(options: Parameters<typeof real.loadClientConnectConfig>[0]) {
      if (file.denied && !options?.disableFile) throw file.denied;
      return real.loadClientConnectConfig(options);
    },
  };
});

let home: string;
beforeEach(() => {
  file.denied = undefined;
  home = temporaryFolder();
  vi.stubEnv("HOME", home);
  vi.stubEnv("XDG_CONFIG_HOME", join(home, ".config"));
  for (const name of ["ADDRESS", "NAMESPACE", "API_KEY", "PROFILE", "CONFIG_FILE"])
    vi.stubEnv(`TEMPORAL_${name}`, undefined);
});
afterEach(() => void vi.unstubAllEnvs());

function settings(text: string): string {
  const file = join(home, "temporal.toml");
  writeFileSync(file, text);
  vi.stubEnv("TEMPORAL_CONFIG_FILE", file);
  return file;
}

test.each([
  [
    "torn",
    "[profile.default\naddress",
    /^The Temporal client's settings cannot be used: Invalid TOML document: .*\. Mend it \(.*temporal\.toml/,
  ],
  [
    "with a certificate that is not there",
    '[profile.default]\naddress = "a:1"\n[profile.default.tls]\nclient_cert_path = "/nowhere.pem"\n',
    /cannot be used: ENOENT: .*nowhere\.pem/,
  ],
])("settings that are %s are told in one sentence", (_, text, sentence) => {
  settings(text);
  expect(() => configuredServer()).toThrow(
    expect.objectContaining({ type: "BadInput", message: expect.stringMatching(sentence) as string }) as Error,
  );
});

test("a file that is named and not there, and a profile that is not in it, are told too", () => {
  vi.stubEnv("TEMPORAL_CONFIG_FILE", "/nowhere.toml");
  expect(() => configuredServer()).toThrow(/^TEMPORAL_CONFIG_FILE names \/nowhere\.toml, which is not there\./);
  settings('[profile.default]\naddress = "a:1"\n');
  vi.stubEnv("TEMPORAL_PROFILE", "lab");
  expect(() => configuredServer()).toThrow(/Profile 'lab' not found/);
});

test("a file without any profile names no server", () => {
  settings("# nothing yet\n");
  expect(configuredServer()).toBeNull();
});

test("the settings of another user's home are not this one's, and no obstacle", () => {
  const path = join(home, ".config/temporalio/temporal.toml");
  file.denied = Object.assign(new Error("EACCES: permission denied, open"), { code: "EACCES", path });
  expect(configuredServer()).toBeNull();
  vi.stubEnv("TEMPORAL_ADDRESS", "a:1");
  expect(configuredServer()).toMatchObject({ address: "a:1" });
  vi.stubEnv("TEMPORAL_PROFILE", "lab");
  expect(() => configuredServer()).toThrow(/cannot be used: EACCES/);
});
