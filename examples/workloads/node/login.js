import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** Returns the settings of a pg.Pool that reads the token file for each new connection. */
export async function poolSettings(connectFile, user, tokenFile) {
  const login = JSON.parse(await readFile(connectFile, "utf8"))[user];
  if (login === undefined) {
    throw new Error(`${connectFile} has no login ${user}`);
  }
  return {
    host: login.host,
    port: Number(login.port),
    database: login.database,
    user: login.user,
    options: login.options,
    ssl: { ca: await authorities(login.ca_file) }, // checks the certificate and the host name
    password: async () => (await readFile(tokenFile, "utf8")).trim(),
  };
}

/** Returns the CAs to trust; undefined for those of Node.js. */
async function authorities(caFile) {
  if (caFile === "system") {
    return undefined;
  }
  return readFile(caFile || join(homedir(), ".postgresql", "root.crt"), "utf8");
}
