//! PSA Job Store: people in org charts, by name and number, are those of the table of users.

use super::Team;

/// Employees in the documents of requests: number and name.
macro_rules! employees {
    ($select:literal) => {
        concat!(
            "WITH e AS (SELECT p->>'id' AS id, p->>'name' AS name FROM position_request, jsonb_path_query(orgchart_json, '$.nodes[*].data.employees[*]') p \
             UNION ALL SELECT p->>'id', p->>'name' FROM position_request, jsonb_path_query(reports_to_position, '$.employees[*]') p \
             UNION ALL SELECT p->>'id', p->>'name' FROM position_request, jsonb_path_query(excluded_manager_position, '$.employees[*]') p), \
             u AS (SELECT name, metadata->'peoplesoft'->>'employee_id' AS id FROM \"user\") ",
            $select
        )
    };
}

const PSA: Team = Team {
    preset: "psa",
    fixture: include_str!("../../fixtures/psa.sql"),
    fewer: &[("_session", 0)],
    emptied: &["position_request.crm_json", "position_request.unknownStateMetadata"],
    originals: &[
        "SELECT split_part(name, ',', 1) FROM \"user\" UNION SELECT split_part(split_part(name, ', ', 2), ' ', 1) FROM \"user\"",
        "SELECT email FROM \"user\" UNION SELECT username FROM \"user\"",
        "SELECT \"shareUUID\" FROM position_request",
        "SELECT sid FROM _session UNION SELECT sess->'passport'->'user'->>'refresh_token' FROM _session",
        "SELECT split_part(text, E'\\n', 1) FROM comment UNION SELECT '250-555-0' UNION SELECT 'unknown contact' UNION SELECT 'as agreed with'",
    ],
    kept: &[
        employees!("SELECT count(*), count(DISTINCT id), count(DISTINCT name) FROM e"),
        employees!("SELECT count(*) FROM e JOIN u USING (id, name)"),
        employees!("SELECT count(*) FROM e JOIN u USING (id)"),
        "SELECT count(*) FROM position_request p JOIN \"user\" u ON u.name = p.additional_info->>'excluded_mgr_name'",
        "SELECT count(*) FROM position_request p, jsonb_path_query(profile_json, '$.comments[*]') c JOIN \"user\" u ON u.name = c->>'author'",
        "SELECT count(*) FROM document d JOIN \"user\" u ON u.name = d.author",
        "SELECT count(DISTINCT name), count(DISTINCT username), count(DISTINCT metadata->'peoplesoft'->>'employee_id') FROM \"user\"",
        "SELECT count(*) FILTER (WHERE crm_json = '\"null\"'), count(*) FILTER (WHERE orgchart_json = '\"null\"'), count(*) FILTER (WHERE \"unknownStateMetadata\" = '\"null\"') FROM position_request",
        "SELECT count(*) FROM \"user\" WHERE metadata = '\"null\"'",
        "SELECT count(*) FROM position_request WHERE additional_info->>'comments' = ''",
        "SELECT count(*), md5(string_agg(concat_ws('|', j.*), ',' ORDER BY id)) FROM current_job_profiles j",
        "SELECT md5(string_agg(concat_ws('|', u.id, u.roles, u.metadata->'peoplesoft'->>'position_id', u.metadata->'org_chart', u.created_at, u.updated_at), ',' ORDER BY id)) FROM \"user\" u",
        // Of the org charts all but people: the order, the positions, numbers as they were written.
        "SELECT md5(string_agg(regexp_replace(orgchart_json::text, '\"(id|name)\": \"([^\"]|\\\\\")*\", ', '', 'g'), ',' ORDER BY id)) FROM position_request",
    ],
    said: &[
        ("SELECT count(*) FROM \"user\" WHERE name !~ '^[^,]+, [^,]+$'", "0"),
        (employees!("SELECT count(*) FROM e WHERE name !~ '^[^,]+, [^,]+$' OR id !~ '^[0-9]{6}$'"), "0"),
        ("SELECT count(*) FROM \"user\" WHERE jsonb_typeof(metadata->'crm'->'account_id') <> 'number'", "0"),
        (
            "SELECT count(*) FROM position_request, jsonb_path_query(crm_json, '$.**') v WHERE jsonb_typeof(v) = 'number' OR jsonb_typeof(v) = 'string' AND v <> '\"null\"'",
            "0",
        ),
        ("SELECT count(*) FROM pg_constraint WHERE contype = 'c' AND convalidated AND conrelid = 'position_request'::regclass", "3"),
        ("SELECT count(*) FROM _session", "0"),
    ],
    changed: &[
        "SELECT name FROM \"user\" ORDER BY id",
        "SELECT \"shareUUID\" FROM position_request ORDER BY id",
        "SELECT metadata->'crm' FROM \"user\" WHERE metadata ? 'crm' ORDER BY id",
        "SELECT metadata->'peoplesoft'->'employee_id' FROM \"user\" WHERE metadata ? 'crm' ORDER BY id",
    ],
};

#[test]
fn the_copy_of_psa_is_anonymous_and_whole() {
    PSA.prove();
}
