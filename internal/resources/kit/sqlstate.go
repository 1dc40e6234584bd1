// SPDX-License-Identifier: MPL-2.0

package kit

import (
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
)

// remedies says what to do about an SQLSTATE, or about each of a class (Postgres documentation, appendix A).
var remedies = map[string]struct {
	// ours is for a statement of the provider's; "" where nothing better than [CorrectAndApply] is known.
	ours string
	// scripts is for a statement of the scripts', tried before they are uploaded.
	scripts ScriptRemedy
}{
	"22": {scripts: ScriptRemedy{"Column Type Does Not Fit", "Give the column a type that holds the value: " +
		"auth0pg_users_table changes it with type"}},
	"23": {scripts: ScriptRemedy{"Constraint Refuses Users", "Change the constraint so that it lets a user in who " +
		"has signed up through Auth0, " +
		"or fill the column in a trigger that runs before the insert"}},
	"P0": {scripts: ScriptRemedy{"Trigger Refuses Users", "Change the trigger so that it " +
		"lets through what the scripts do"}},

	"23505": {
		"Rows share the value. The audit of the table counts them and gives the SQL that lists them; " +
			"correct them, and apply again.",
		ScriptRemedy{"Constraint Refuses Users", "Let the column's default differ for each row, " +
			"or give the column up as unique"},
	},
	"25006": {ours: "The server is a standby (read-only), or default_transaction_read_only is on: SELECT " +
		"pg_is_in_recovery() tells which. " +
		"Point the provider's postgres settings at the primary server, and apply again."},
	"28000": {ours: credentialsRemedy},
	"28P01": {ours: credentialsRemedy},
	"2BP01": {ours: "Look in pg_depend for what depends on it, change that so that it does without, and apply again."},
	"3D000": {ours: "Check the database in the provider's postgres settings."},
	"3F000": {scripts: noTable},
	"40P01": {scripts: ScriptRemedy{"Users Table Is Locked", "Apply again"}},
	"42501": {
		"Give the role that the provider connects as the privilege (or membership in the owner's " +
			"role), or connect as another role.",
		ScriptRemedy{"Scripts Lack A Privilege", "If the same apply grants it, add the auth0pg_database_role to " +
			"the connection's depends_on, " +
			"so that it is there first. Otherwise name the operation in the role's operations"},
	},
	"42703": {scripts: ScriptRemedy{"Column Not Found", "Let store be that of an auth0pg_users_table, or " +
		"name the column that there is"}},
	"42804": {scripts: ScriptRemedy{"Column Type Does Not Fit", "Give the column the type that store names"}},
	"42883": {scripts: ScriptRemedy{"Scripts Do Not Fit Store", "Let store be that of the auth0pg_users_table or " +
		"auth0pg_access_functions " +
		"which the database has, and apply that first. If the same apply makes it, add it to the connection's depends_on"}},
	"42P01": {scripts: noTable},
	"42P10": {scripts: ScriptRemedy{"Publication Refuses Changes", "Give the table a replica identity that has every " +
		"column of the publication's row filter " +
		"and column list (ALTER TABLE ... REPLICA IDENTITY FULL always does), or change the publication"}},
	"53300": {ours: "The server has no connection left: raise max_connections or end idle sessions, and apply again."},
	"55000": {scripts: ScriptRemedy{"Publication Refuses Changes", "Give the table a primary key, or a replica identity " +
		"(ALTER TABLE ... REPLICA IDENTITY FULL), " +
		"or change the publication"}},
	"55P03": {
		"Another session held the lock for longer than lock_timeout. Find it in pg_stat_activity, or raise " +
			"lock_timeout, and apply again.",
		ScriptRemedy{"Users Table Is Locked", "Another session holds a lock that the scripts would wait for, too. Find it " +
			"in pg_stat_activity and apply again"},
	},
	"57014": {
		"The statement was cancelled, mostly by statement_timeout: raise statement_timeout in the provider's " +
			"postgres settings and apply again.",
		ScriptRemedy{"Statement Is Too Slow", fmt.Sprintf("The scripts give up earlier than after the %s that it was given. "+
			"See that the look-up has an index (email_lookup of "+
			"auth0pg_users_table), and what triggers do", postgres.PreflightTimeout)},
	},
}

// ScriptRemedy is what to say of a script's statement that the server refuses, besides the cause.
type ScriptRemedy struct {
	Summary string
	// Do is a sentence without its end.
	Do string
}

const credentialsRemedy = "Check username and password in the provider's postgres settings, " +
	"and pg_hba.conf on the server."

var noTable = ScriptRemedy{"Users Table Not Found", "Let store be that of an auth0pg_users_table, or create the table first"}

// Remedy says what to do where the server refuses a statement of the provider's. Mostly the server's own hint is the best.
func Remedy(err *pgconn.PgError) string {
	const dependents = "2BP01" // whose hint is to drop all of them, too
	switch known := remedies[err.Code]; {
	case err.Code == dependents && err.Detail != "":
		return "What depends on it is named above, and is not this object's to drop: change it so that it does without, or " +
			"drop it yourself if nobody needs it. Then apply again."
	case err.Hint != "" && err.Code != dependents:
		return err.Hint
	case known.ours != "":
		return known.ours
	}
	return CorrectAndApply
}

// RemedyForScripts says what to do where the server refuses a statement of the scripts'.
func RemedyForScripts(err *pgconn.PgError) ScriptRemedy {
	for _, code := range []string{err.Code, err.Code[:min(2, len(err.Code))]} {
		if known := remedies[code].scripts; known != (ScriptRemedy{}) {
			return known
		}
	}
	return ScriptRemedy{"Script Would Fail", "Correct the cause and apply again"}
}
