-- Composite, self-referencing and circular foreign keys, MATCH FULL, keys of unlike types, partitions; :scale organisations
-- with ten users each.
CREATE TABLE countries (code char(4) PRIMARY KEY, continent text);
CREATE TABLE orgs (id int PRIMARY KEY, parent_id int REFERENCES orgs, country varchar(4) REFERENCES countries, name text);
CREATE TABLE users (
    org_id int NOT NULL REFERENCES orgs, nr int NOT NULL, email text UNIQUE, boss_org int, boss_nr int, team_id bigint,
    PRIMARY KEY (org_id, nr), FOREIGN KEY (boss_org, boss_nr) REFERENCES users (org_id, nr) MATCH FULL);
CREATE TABLE teams (
    id bigint PRIMARY KEY, lead_nr int, lead_org int, label text,
    FOREIGN KEY (lead_nr, lead_org) REFERENCES users (nr, org_id) DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE users ADD FOREIGN KEY (team_id) REFERENCES teams;
CREATE TABLE products (id numeric(10,2) PRIMARY KEY, label text);
CREATE TABLE orders (
    id int NOT NULL, at date NOT NULL, org_id int, nr int, referrer text REFERENCES users (email), PRIMARY KEY (id, at),
    FOREIGN KEY (org_id, nr) REFERENCES users) PARTITION BY RANGE (at);
CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE orders_2 PARTITION OF orders FOR VALUES FROM ('2024-01-01') TO (MAXVALUE) PARTITION BY HASH (id);
CREATE TABLE orders_2a PARTITION OF orders_2 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE orders_2b PARTITION OF orders_2 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE lines (order_id int, at date, product_id int REFERENCES products, quantity int, FOREIGN KEY (order_id, at) REFERENCES orders);
CREATE TABLE notes (id int PRIMARY KEY, about int REFERENCES orgs, reply_to int REFERENCES notes, body text);
CREATE TABLE settings (key text PRIMARY KEY, value text);
CREATE TABLE setting_log (key text REFERENCES settings, at timestamptz);

INSERT INTO countries SELECT 'c' || g, 'continent ' || g % 7 FROM generate_series(1, 60) g;
INSERT INTO orgs SELECT g, CASE WHEN g > 3 AND g % 4 <> 0 THEN g / 3 END, CASE WHEN g % 9 <> 0 THEN 'c' || 1 + g % 60 END, E'org\t\\' || g
    FROM generate_series(1, :scale) g;
INSERT INTO users SELECT o, n, 'u' || o || '_' || n || '@example.org', CASE WHEN n > 1 THEN 1 + (o * 7) % :scale END, CASE WHEN n > 1 THEN n - 1 END
    FROM generate_series(1, :scale) o, generate_series(1, 10) n;
INSERT INTO teams SELECT g, 1 + g % 10, 1 + (g * 13) % :scale, 'team' FROM generate_series(1, :scale) g;
INSERT INTO teams SELECT :scale + g, CASE WHEN g % 2 = 0 THEN 99 END, NULL, 'half a key' FROM generate_series(1, 10) g;
UPDATE users SET team_id = 1 + (org_id * 31 + nr) % :scale WHERE nr % 3 <> 0;
INSERT INTO products SELECT g, 'product ' || g FROM generate_series(1, 1000) g;
INSERT INTO orders SELECT g, date '2023-06-01' + g % 400, CASE WHEN g % 11 <> 0 THEN 1 + (g * 3) % :scale END, 1 + g % 10,
    CASE WHEN g % 5 = 0 THEN 'u' || 1 + (g * 17) % :scale || '_2@example.org' END FROM generate_series(1, :scale * 20) g;
INSERT INTO lines SELECT id, at, 1 + (id * 7 + n) % 1000, n FROM orders, generate_series(1, 3) n;
INSERT INTO notes SELECT g, CASE WHEN g % 3 = 0 THEN 1 + g % :scale END, CASE WHEN g > 1 AND g % 2 = 0 THEN g - 1 END, 'note' FROM generate_series(1, :scale * 2) g;
INSERT INTO settings SELECT 'k' || g, 'v' FROM generate_series(1, 20) g;
INSERT INTO setting_log SELECT 'k' || 1 + g % 20, now() FROM generate_series(1, 50) g;
