import { configuredServer } from "../../src/temporal/configured.ts";

// For temporal.sh: prints the configured server's address; exit status 1 when none is configured.
const server = configuredServer();
if (server === null) process.exitCode = 1;
else console.log(server.address);
