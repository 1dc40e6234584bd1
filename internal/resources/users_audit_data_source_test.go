// SPDX-License-Identifier: MPL-2.0

package resources_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auth0pg/terraform-provider-auth0pg/internal/acctest"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/hashes"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/postgres/table"
	"github.com/auth0pg/terraform-provider-auth0pg/internal/store"
)

const auditAddress = "data.auth0pg_users_audit.test"

func auditConfig(t *testing.T, db *acctest.DB, s store.Store) string {
	t.Helper()
	return acctest.ProviderConfig(db, nil) + fmt.Sprintf("data \"auth0pg_users_audit\" \"test\" {\n  store = %s\n}\n", storeHCL(s))
}

// auditStore is a table with hostile names and every flaw that an audit looks for.
func auditStore() store.Store {
	return store.Store{Reach: store.Table{Schema: `Odd "schema`, Name: "User's"}, EmailLookup: store.LowerIndex, Columns: map[store.Part]store.Column{
		store.ID: {Name: "The Id", Type: "integer"}, store.Email: {Name: "E-mail", Type: "text"},
		store.Password: {Name: "pass(word)", Type: "text"}, store.MigratedAt: {Name: "migrated", Type: "timestamp with time zone"},
	}}
}

const auditDDL = `CREATE SCHEMA "Odd ""schema"; CREATE TABLE "Odd ""schema"."User's" ("The Id" int, "E-mail" text, "pass(word)" text, migrated timestamptz)`

// hashSamples are hashes by what they look like, those of the register among them.
var hashSamples = func() map[string][]string {
	samples := map[string][]string{
		"unknown": {"secret", "$2b$10$N9qo8uLOickgx2ZMRZoMye", strings.Repeat("0a", 15), `it's "plain" $text\`},
		"missing": {"", "   "},
	}
	for _, f := range hashes.All() {
		for _, vector := range f.Vectors {
			samples[vector.Looked(f)] = append(samples[vector.Looked(f)], vector.Stored)
		}
	}
	return samples
}()

// fillAudited writes one row for each sample, and the flawed addresses and ids.
func fillAudited(db *acctest.DB) (rows int) {
	insert := func(id any, email any, hash any, migrated any) {
		rows++
		db.Exec(`INSERT INTO "Odd ""schema"."User's" VALUES ($1, $2, $3, $4)`, id, email, hash, migrated)
	}
	for _, samples := range hashSamples {
		for _, hash := range samples {
			insert(rows, fmt.Sprintf("user%d@example.com", rows), hash, time.Now())
		}
	}
	hash := hashSamples["bcrypt_2a"][0]
	insert(1000, nil, hash, nil)
	insert(1001, "  ", nil, nil)
	insert(1002, "Ann@Example.com", hash, nil)
	insert(1003, "ann@example.com", hash, nil)
	insert(1004, "ANN@EXAMPLE.COM", hash, nil)
	insert(1005, strings.Repeat("l", 64)+"@example.com", hash, nil) // fits
	insert(1006, strings.Repeat("l", 65)+"@example.com", hash, nil)
	insert(1007, "me@"+strings.Repeat("d", 251), hash, nil) // fits
	insert(1008, "me@"+strings.Repeat("d", 252), hash, nil)
	insert(1008, "same-id@example.com", hash, nil)
	insert(nil, "no-id@example.com", hash, nil)
	return rows
}

func TestUsersAudit(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	db.Exec(auditDDL)
	rows := fillAudited(db)
	want := map[string]int{"emails_missing": 2, "emails_duplicate": 2, "emails_too_long": 2, "ids_not_unique": 2, "passwords_missing": 3, "left": 11, "migrated": rows - 11,
		"hashes_unknown": len(hashSamples["unknown"])}
	for format, samples := range hashSamples {
		if format != "unknown" && format != "missing" {
			want["hashes."+format] = len(samples)
		}
	}
	want["hashes.bcrypt_2a"] += 10
	want["hashes_unreadable"] = len(hashSamples["unknown"])
	for _, f := range hashes.All() {
		for _, vector := range f.Vectors {
			if vector.TooDear {
				want["hashes_unreadable"]++
			}
		}
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config: auditConfig(t, db, auditStore()),
			Check: func(s *terraform.State) error {
				got := s.RootModule().Resources[auditAddress].Primary.Attributes
				if err := expect("the count of rows", got["rows"], rows); err != nil {
					return err
				}
				counts, texts := map[string]int{}, ""
				for key, value := range got {
					texts += value + "\n"
					if name, ok := strings.CutSuffix(key, ".count"); ok && !strings.HasPrefix(key, "problems.") {
						counts[name], _ = strconv.Atoi(value)
						if err := listed(db, name, got[name+".query"], counts[name]); err != nil {
							return err
						}
					}
				}
				if !maps.Equal(counts, want) {
					return fmt.Errorf("the counts are\n%v, want\n%v", counts, want)
				}
				for _, personal := range []string{"example.com", hashSamples["bcrypt_2a"][0], "secret"} {
					if strings.Contains(texts, personal) {
						return fmt.Errorf("the state holds %q", personal)
					}
				}
				return nil
			},
		}},
	})
}

// What a connection with its formats cannot read is counted and listed, and what hashes say of their cost.
func TestUsersAuditByFormats(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	db.Exec(auditDDL)
	for i, hash := range []string{
		"$2b$10$" + strings.Repeat("u", 53), "$2b$12$" + strings.Repeat("u", 53), "$2b$12$" + strings.Repeat("v", 53), "$2b$17$" + strings.Repeat("u", 53),
		"pbkdf2_sha256$870000$salt$" + strings.Repeat("A", 43) + "=", "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$" + strings.Repeat("A", 43),
		strings.Repeat("ab", 16), "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "plain text",
	} {
		db.Exec(`INSERT INTO "Odd ""schema"."User's" VALUES ($1, $2, $3)`, i, fmt.Sprintf("user%d@example.com", i), hash)
	}
	with := func(formats string, unreadable int) resource.TestStep {
		return resource.TestStep{
			Config: strings.Replace(auditConfig(t, db, auditStore()), "\n  store =", "\n  legacy_hashes = "+formats+"\n  store =", 1),
			Check: func(s *terraform.State) error {
				got := s.RootModule().Resources[auditAddress].Primary.Attributes
				for key, want := range map[string]int{
					"hashes_unreadable.count": unreadable, "hash_costs.bcrypt_2b.10": 1, "hash_costs.bcrypt_2b.12": 2, "hash_costs.bcrypt_2b.17": 1,
					"hash_costs.django_pbkdf2.870000": 1, "hash_costs.argon2.m=65536,t=3,p=4": 1, "hash_costs.phpass.9": 1, "hash_costs.md5.": 1,
				} {
					if err := expect(key, got[key], want); err != nil {
						return err
					}
				}
				return listed(db, "hashes_unreadable", got["hashes_unreadable.query"], unreadable)
			},
		}
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			with("null", 2), with("[]", 6), with(`["django_pbkdf2", "argon2"]`, 4), with(`["md5", "phpass", "bcrypt"]`, 4), with(`["hmac", "phpass", "argon2", "django_pbkdf2"]`, 2),
		},
	})
}

// listed runs a finding's query: it lists what was counted.
func listed(db *acctest.DB, name, query string, count int) error {
	sum := "count(*)"
	if name == "emails_duplicate" || name == "ids_not_unique" {
		// These list each value once, with its number; a null id has no first.
		sum = "coalesce(sum(d.count - CASE WHEN " + map[string]string{"emails_duplicate": "true", "ids_not_unique": `d."The Id" IS NOT NULL`}[name] + " THEN 1 ELSE 0 END), 0)"
	}
	if got := db.QueryString("SELECT " + sum + " FROM (" + query + ") AS d"); got != strconv.Itoa(count) {
		return fmt.Errorf("%s counts %d rows and lists %s: %s", name, count, got, query)
	}
	return nil
}

// The table is read after it is made; an index spares the sorting, and what is not kept is not reported.
func TestUsersAuditOfAManagedTable(t *testing.T) {
	t.Parallel()
	db := acctest.Database(t)
	config := acctest.ProviderConfig(db, nil) + `
resource "auth0pg_users_table" "users" {
  name    = "users"
  columns = { id = {}, email = {}, password = {} }
  deletion_protection = false
  drop_table_with_rows = true
}
data "auth0pg_users_audit" "test" {
  store = auth0pg_users_table.users.store
}
`
	are := func(attribute string, value knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue(auditAddress, tfjsonpath.New(attribute), value)
	}
	count := func(n int64) knownvalue.Check {
		return knownvalue.ObjectPartial(map[string]knownvalue.Check{"count": knownvalue.Int64Exact(n)})
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: config,
				ConfigStateChecks: []statecheck.StateCheck{
					are("rows", knownvalue.Int64Exact(0)), are("emails_duplicate", count(0)), are("ids_not_unique", count(0)),
					are("migrated", knownvalue.Null()), are("left", knownvalue.Null()), are("hashes", knownvalue.MapExact(map[string]knownvalue.Check{})),
				},
			},
			{
				PreConfig: func() {
					db.Exec("INSERT INTO users (email, password) SELECT 'user' || n || '@example.com', 'x' FROM generate_series(1, 3) n")
				},
				Config:            config,
				ConfigStateChecks: []statecheck.StateCheck{are("rows", knownvalue.Int64Exact(3)), are("emails_duplicate", count(0)), are("hashes_unknown", count(3))},
			},
		},
	})
}

func TestUsersAuditRefusals(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	db.Exec(auditDDL)
	functions, lacking, renamed, absent := auditStore(), auditStore(), auditStore(), auditStore()
	absent.Reach, functions = store.Table{Schema: `Odd "schema`, Name: "people"}, functions.Through("auth0")
	delete(lacking.Columns, store.Password)
	renamed.Columns[store.Email] = store.Column{Name: "mail", Type: "text"}
	reader := db.RoleName("reader")
	db.Exec("CREATE ROLE " + reader + " LOGIN PASSWORD 'reader'; GRANT USAGE ON SCHEMA \"Odd \"\"schema\" TO " + reader)
	as := func(s store.Store) string {
		return strings.Replace(auditConfig(t, db, s), acctest.Quote(db.URL), acctest.Quote(db.URLFor(reader, "reader")), 1)
	}
	fails := func(config, pattern string) resource.TestStep {
		return resource.TestStep{Config: config, ExpectError: regexp.MustCompile(pattern)}
	}
	hidden := fails(as(auditStore()), `Users Not Audited[\s\S]*row-level\s+security\s+policy[\s\S]*42501`)
	hidden.PreConfig = func() {
		db.Exec(`GRANT SELECT ON "Odd ""schema"."User's" TO ` + reader + `; ALTER TABLE "Odd ""schema"."User's" ENABLE ROW LEVEL SECURITY`)
	}
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			fails(auditConfig(t, db, functions), `Store Is Not A Table`),
			fails(auditConfig(t, db, lacking), `Store Lacks A Part[\s\S]*password`),
			fails(auditConfig(t, db, absent), `Users Table Not Found[\s\S]*depends_on`),
			fails(auditConfig(t, db, renamed), `Column Not Found[\s\S]*column "mail" does\s+not exist[\s\S]*depends_on`),
			fails(as(auditStore()), `Users Not Audited[\s\S]*permission denied for\s+table User's[\s\S]*42501`),
			hidden,
			{Config: auditConfig(t, db, auditStore())},
		},
	})
}

// The server stops reading when the run is cancelled, and at statement_timeout.
func TestUsersAuditEndsInTime(t *testing.T) {
	t.Parallel()
	db := acctest.LocalDatabase(t)
	db.Exec(auditDDL)
	// One row that takes its time, as many rows would.
	db.Exec(`CREATE TYPE slow AS ENUM ('a');
		CREATE FUNCTION slow_text(slow) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(20); RETURN $1; END';
		CREATE CAST (slow AS text) WITH FUNCTION slow_text(slow);
		ALTER TABLE "Odd ""schema"."User's" ALTER "E-mail" TYPE slow USING 'a';
		INSERT INTO "Odd ""schema"."User's" VALUES (1, 'a')`)
	audit := func(ctx context.Context, c postgres.Config) error {
		c.URL = db.URL
		server, err := postgres.NewServer(c)
		if err != nil {
			return err
		}
		defer server.Close()
		_, err = table.AuditUsers(ctx, server, auditStore(), nil, nil)
		return err
	}
	var failed *pgconn.PgError
	if err := audit(t.Context(), postgres.Config{StatementTimeout: 100 * time.Millisecond}); !errors.As(err, &failed) || failed.Code != "57014" {
		t.Errorf("with a statement_timeout: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- audit(ctx, postgres.Config{ApplicationName: "audit-cancelled"}) }()
	for db.QueryInt("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'audit-cancelled' AND wait_event = 'PgSleep'") == 0 {
		if len(ended) > 0 {
			t.Fatalf("the audit did not come to read: %v", <-ended)
		}
		time.Sleep(20 * time.Millisecond)
	}
	cancel()
	started := time.Now()
	if err := <-ended; err == nil || time.Since(started) > 5*time.Second {
		t.Errorf("a cancelled audit ends after %s: %v", time.Since(started), err)
	}
	for deadline := time.Now().Add(3 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		left := db.QueryInt("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'audit-cancelled'")
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d sessions go on for nobody", left)
		}
	}
}
