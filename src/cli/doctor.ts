import { Command } from "commander";
import { doctorLines } from "../report/doctor.ts";
import { hostFindings, nodeFindings } from "./doctor/host.ts";
import { pythonFindings } from "./doctor/python.ts";
import { temporalFindings } from "./doctor/temporal.ts";
import { FAILED } from "./exit.ts";
import { jsonOption, rootOption } from "./options.ts";

export function doctorCommand(): Command {
  return new Command("doctor")
    .description("what this machine has and lacks: Node, Python, torch, devices, Temporal, disk")
    .addOption(rootOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExits with 1 when something is missing.\n\nExample:\n  snowball doctor")
    .action(doctor);
}

async function doctor({ root, json }: { readonly root: string; readonly json?: boolean }): Promise<void> {
  const asked = await Promise.all([pythonFindings(), temporalFindings(root), hostFindings(root)]);
  const findings = [...nodeFindings(), ...asked.flat()];
  if (json) console.log(JSON.stringify(findings));
  else for (const line of doctorLines(findings)) console.log(line);
  if (findings.some((each) => !each.ok)) process.exitCode = FAILED;
}
