-- What the twins have in common. {schema} and {token} are put in by HostileTwins.
CREATE TABLE {schema}.twin_names (id pg_catalog.int4 PRIMARY KEY, what pg_catalog.text);
CREATE SEQUENCE {schema}.twin_calls MINVALUE 0 START 0;
DO $$ BEGIN
  FOR slot IN 0..{slots} - 1 LOOP
    EXECUTE 'CREATE SEQUENCE {schema}.twin_call_' || slot;
    EXECUTE format('GRANT SELECT ON {schema}.twin_call_%s TO %I', slot, session_user);
  END LOOP;
  EXECUTE format('GRANT SELECT ON {schema}.twin_names TO %I', session_user); -- the administrator
END $$;

-- Every twin calls this with its number. What sequences hold survives a rollback; a transaction that only reads cannot
-- change them, and there is the server's log.
CREATE FUNCTION {schema}.twin_ran(twin pg_catalog.int4) RETURNS pg_catalog.bool LANGUAGE plpgsql VOLATILE
  SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  name text := (SELECT n.what FROM {schema}.twin_names n WHERE n.id = twin);
BEGIN
  RAISE LOG '{token} % as %', name, session_user;
  BEGIN
    PERFORM setval('{schema}.twin_call_' || nextval('{schema}.twin_calls') % {slots}, twin);
  EXCEPTION WHEN others THEN
    NULL;
  END;
  RAISE EXCEPTION 'the hostile twin % ran', name;
END $$;

-- Creates the twins, and returns how many: those that cannot be are left out.
CREATE FUNCTION {schema}.twin_create(names pg_catalog.text[], statements pg_catalog.text[])
  RETURNS pg_catalog.int4 LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  made int := 0;
BEGIN
  INSERT INTO {schema}.twin_names SELECT i, names[i] FROM generate_subscripts(names, 1) i;
  FOR i IN 1..cardinality(statements) LOOP
    BEGIN
      EXECUTE statements[i];
      made := made + 1;
    EXCEPTION WHEN others THEN
      NULL;
    END;
  END LOOP;
  RETURN made;
END $$;
