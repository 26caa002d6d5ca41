//! dropit: one athlete is one person in three tables; what is over is left out.

use super::Team;

const DROPIT: Team = Team {
    preset: "dropit",
    fixture: include_str!("../../fixtures/dropit.sql"),
    fewer: &[("session", 100), ("verification", 50)],
    emptied: &["account.accessToken", "account.refreshToken", "account.idToken", "athlete.country", "organization.metadata"],
    originals: &[
        "SELECT name FROM \"user\" UNION SELECT first_name FROM athlete UNION SELECT last_name FROM athlete",
        "SELECT email FROM \"user\" UNION SELECT identifier FROM verification UNION SELECT email FROM invitation UNION SELECT \"accountId\" FROM account",
        "SELECT token FROM session UNION SELECT \"ipAddress\" FROM session UNION SELECT \"userAgent\" FROM session UNION SELECT value FROM verification",
        "SELECT \"accessToken\" FROM account UNION SELECT \"refreshToken\" FROM account UNION SELECT \"idToken\" FROM account UNION SELECT password FROM account",
        "SELECT image FROM \"user\" UNION SELECT logo FROM organization UNION SELECT url FROM media UNION SELECT file_name FROM media",
        "SELECT notes_athlete FROM athlete_training_session WHERE notes_athlete !~ E'\\n' UNION SELECT commentary FROM workout_element UNION SELECT description FROM workout",
        "SELECT metadata::jsonb->>'coach' FROM organization UNION SELECT metadata::jsonb->>'phone' FROM organization UNION SELECT 'mal au dos'",
    ],
    kept: &[
        "SELECT count(*) FROM \"user\" u JOIN account a ON a.\"accountId\" = u.email AND a.\"userId\" = u.id WHERE \"providerId\" = 'credential'",
        "SELECT count(*) FROM \"user\" JOIN invitation USING (email)",
        "SELECT count(*) FROM \"user\" u JOIN verification v ON v.identifier = u.email WHERE v.\"expiresAt\" > now()",
        "SELECT count(DISTINCT \"accountId\") FROM account",
        "SELECT string_agg(date_part('year', birthday AT TIME ZONE 'UTC')::text, ',' ORDER BY id) FROM athlete",
        "SELECT md5(string_agg(concat_ws('|', id, type, blocks, tempo, \"order\", workout_id, exercise_id, complex_id), ',' ORDER BY id)) FROM workout_element",
        "SELECT md5(string_agg(concat_ws('|', id, weight, exercise_id, athlete_id), ',' ORDER BY id)) FROM personal_record",
        "SELECT md5(string_agg(concat_ws('|', id, level, sex_category, weight_category, athlete_id), ',' ORDER BY id)) FROM competitor_status",
        // The dates of one athlete keep their distance.
        "SELECT md5(string_agg((m.date - r.date)::text, ',' ORDER BY m.athlete_id)) FROM physical_metric m JOIN personal_record r USING (athlete_id)",
    ],
    said: &[
        ("SELECT count(*) FROM \"user\" u JOIN athlete a ON a.user_id = u.id WHERE u.name <> a.first_name || ' ' || a.last_name", "0"),
        ("SELECT count(*) FROM session WHERE \"expiresAt\" < now()", "0"),
        ("SELECT count(*) FROM session WHERE \"ipAddress\" <> '' AND \"ipAddress\"::inet IS NULL OR \"userAgent\" !~ '^Mozilla/5.0 '", "0"),
        ("SELECT count(DISTINCT password), count(*) FROM account WHERE password IS NOT NULL", "1|160"),
        ("SELECT count(*) FROM account WHERE coalesce(\"accessToken\", \"refreshToken\", \"idToken\") IS NOT NULL", "0"),
        (
            "SELECT count(*) FROM (SELECT image AS url FROM \"user\" UNION ALL SELECT logo FROM organization UNION ALL SELECT url FROM media) x WHERE url !~ '^https://[a-z0-9]+[.]example[.]org/' AND url <> ''",
            "0",
        ),
        ("SELECT count(*) FROM organization, jsonb_each(metadata::jsonb) WHERE value <> 'null'", "0"),
        ("SELECT count(*) FROM physical_metric WHERE weight % 10 <> 0", "0"),
        ("SELECT convalidated FROM pg_constraint WHERE conname = 'check_one_element_type'", "t"),
    ],
    changed: &[
        "SELECT birthday FROM athlete WHERE birthday IS NOT NULL ORDER BY id",
        "SELECT date FROM personal_record ORDER BY id",
        "SELECT \"accountId\" FROM account ORDER BY id",
    ],
};

#[test]
fn the_copy_of_dropit_is_anonymous_and_whole() {
    DROPIT.prove();
}
