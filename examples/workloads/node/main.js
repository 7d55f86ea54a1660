// Runs each line of its standard input as a query, and prints the first value it gets.
import { createInterface } from "node:readline";
import pg from "pg";
import { poolSettings } from "./login.js";

const settings = await poolSettings(
  process.env.CRDB_SSO_CONNECT ?? "connect.json",
  "app_orders",
  process.env.CRDB_TOKEN_FILE ?? "token",
);
const pool = new pg.Pool(settings);
pool.on("error", report); // an idle connection that breaks is replaced when it is needed

for await (const query of createInterface({ input: process.stdin })) {
  try {
    const answer = await pool.query({ text: query, rowMode: "array" });
    console.log(answer.rows[0]?.[0]);
  } catch (error) {
    report(error);
  }
}
await pool.end();

function report(error) {
  console.error(error.message);
  if (error.detail) {
    console.error(`DETAIL: ${error.detail}`);
  }
}
