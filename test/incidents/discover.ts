/** Every file in cases/ that exports an incident is one; its name is the file's. */
import { readdirSync } from "node:fs";
import type { Incident, NamedIncident } from "./incident.ts";

const CASES = new URL("./cases/", import.meta.url);

export async function discoverIncidents(): Promise<readonly NamedIncident[]> {
  const files = readdirSync(CASES)
    .filter((file) => file.endsWith(".js"))
    .sort();
  return Promise.all(
    files.map(async (file) => {
      const { incident } = (await import(new URL(file, CASES).href)) as { readonly incident: Incident };
      return { name: file.slice(0, -".js".length), ...incident };
    }),
  );
}
