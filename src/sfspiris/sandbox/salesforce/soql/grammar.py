"""The grammar of SOQL, for lark's LALR parser.

Source: SOQL and SOSL Reference, "SOQL SELECT Syntax" and the pages below it (read November 2026). AND and OR do not mix
without parentheses. Keywords are words only where the grammar expects them: `FROM Order ORDER BY Type` is fine. Data
categories, GROUP BY ROLLUP and CUBE and the old comma-joined FROM are not read and therefore refused.
"""

from __future__ import annotations

from typing import Final

SOQL: Final = r"""
start: query

query: SELECT items FROM source scope? where? group? having? order? limit? offset? locking* ALL_ROWS?

items: item ("," item)*
?item: column | children | type_of
column: target NAME?
children: "(" query ")"
type_of: TYPEOF path branch+ otherwise? END
branch: WHEN NAME THEN path ("," path)*
otherwise: ELSE path ("," path)*

source: path (AS? NAME)?
scope: USING SCOPE NAME
where: WHERE condition
group: GROUP BY target ("," target)*
having: HAVING condition
order: ORDER BY ordered ("," ordered)*
ordered: target direction? nulls?
direction: ASC | DESC
nulls: NULLS (FIRST | LAST)
limit: LIMIT INTEGER
offset: OFFSET INTEGER
locking: FOR (VIEW | REFERENCE | UPDATE)

?condition: term | all_of | any_of
all_of: term (AND term)+
any_of: term (OR term)+
?term: "(" condition ")" | negation | comparison | like | listed | unlisted | semi_join | anti_join | includes | excludes
negation: NOT term
comparison: target COMPARE value
like: target LIKE value
listed: target IN values
unlisted: target NOT IN values
semi_join: target IN "(" query ")"
anti_join: target NOT IN "(" query ")"
includes: target INCLUDES values
excludes: target EXCLUDES values
values: "(" value ("," value)* ")"

?value: string | number | money | date | datetime | relative | boolean | null
string: STRING
number: NUMBER | INTEGER
money: MONEY
date: DATE
datetime: DATETIME
relative: NAME (":" INTEGER)?
boolean: TRUE | FALSE
null: NULL

?target: path | call
path: NAME ("." NAME)*
call: NAME "(" (target ("," target)*)? ")"

SELECT.3: /select\b/i
FROM.3: /from\b/i
AS.3: /as\b/i
USING.3: /using\b/i
SCOPE.3: /scope\b/i
WHERE.3: /where\b/i
GROUP.3: /group\b/i
HAVING.3: /having\b/i
ORDER.3: /order\b/i
BY.3: /by\b/i
ASC.3: /asc\b/i
DESC.3: /desc\b/i
NULLS.3: /nulls\b/i
FIRST.3: /first\b/i
LAST.3: /last\b/i
LIMIT.3: /limit\b/i
OFFSET.3: /offset\b/i
FOR.3: /for\b/i
VIEW.3: /view\b/i
REFERENCE.3: /reference\b/i
UPDATE.3: /update\b/i
ALL_ROWS.3: /all\s+rows\b/i
TYPEOF.3: /typeof\b/i
WHEN.3: /when\b/i
THEN.3: /then\b/i
ELSE.3: /else\b/i
END.3: /end\b/i
AND.3: /and\b/i
OR.3: /or\b/i
NOT.3: /not\b/i
IN.3: /in\b/i
LIKE.3: /like\b/i
INCLUDES.3: /includes\b/i
EXCLUDES.3: /excludes\b/i
TRUE.3: /true\b/i
FALSE.3: /false\b/i
NULL.3: /null\b/i
COMPARE: /<=|>=|!=|<>|=|<|>/
DATETIME.5: /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})/i
DATE.4: /\d{4}-\d{2}-\d{2}(?![\dT])/
MONEY.4: /[a-z]{3}\d+(\.\d+)?\b/i
INTEGER.3: /\d+(?![\w.])/
NUMBER.2: /[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?(?!\w)/i
STRING: /'([^'\\]|\\.)*'/s
NAME.1: /(?!(select|from|where)\b)[a-z]\w*/i

%ignore /\s+/
"""
