//! The part of GitHub's expression language that action.yml uses: names, quoted texts, `==`, `!=`,
//! `&&`, `||`, `!`, parentheses, and `hashFiles` of one text. Anything else panics, and so does an
//! unknown name.

/// The beginning of the name under which the digest of files is looked up; the patterns follow.
pub const HASH: &str = "hashFiles:";

/// The value of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `true`, `false`
    Bool(bool),
    /// Anything else.
    Text(String),
}

impl Value {
    /// A text is true unless it is empty, so `'false'` is true.
    pub fn is_true(&self) -> bool {
        match self {
            Self::Bool(value) => *value,
            Self::Text(text) => !text.is_empty(),
        }
    }

    /// The value as text.
    pub fn text(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// Evaluates every `${{ ... }}` in a text. `look_up` resolves names.
pub fn expand(text: &str, look_up: &dyn Fn(&str) -> String) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (expression, after) = after.split_once("}}").expect("an end of the expression");
        result += before;
        result += &evaluate(expression, look_up).text();
        rest = after;
    }
    result + rest
}

/// Evaluates one expression.
pub fn evaluate(text: &str, look_up: &dyn Fn(&str) -> String) -> Value {
    let tokens = tokens(text);
    let mut parser = Parser {
        tokens: &tokens,
        look_up,
    };
    let value = parser.any();
    assert!(parser.tokens.is_empty(), "{text}: {:?}", parser.tokens);
    value
}

fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        let length = if let Some(text) = rest.strip_prefix('\'') {
            text.find('\'').expect("an end of the text") + 2
        } else if rest.starts_with(is_name) {
            rest.find(|c| !is_name(c)).unwrap_or(rest.len())
        } else if ["==", "!=", "&&", "||"]
            .iter()
            .any(|sign| rest.starts_with(sign))
        {
            2
        } else {
            assert!(rest.starts_with(['!', '(', ')']), "{text}");
            1
        };
        found.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    found
}

struct Parser<'a> {
    tokens: &'a [String],
    look_up: &'a dyn Fn(&str) -> String,
}

impl Parser<'_> {
    fn takes(&mut self, sign: &str) -> bool {
        let is_next = self.tokens.first().is_some_and(|token| token == sign);
        if is_next {
            self.tokens = &self.tokens[1..];
        }
        is_next
    }

    fn any(&mut self) -> Value {
        let mut value = self.all();
        while self.takes("||") {
            let other = self.all();
            value = if value.is_true() { value } else { other };
        }
        value
    }

    fn all(&mut self) -> Value {
        let mut value = self.comparison();
        while self.takes("&&") {
            let other = self.comparison();
            value = if value.is_true() { other } else { value };
        }
        value
    }

    fn comparison(&mut self) -> Value {
        let value = self.one();
        let (is_equal, is_not) = (self.takes("=="), self.takes("!="));
        if !is_equal && !is_not {
            return value;
        }
        // GitHub compares texts case-insensitively.
        let other = self.one();
        let is_same = value.text().eq_ignore_ascii_case(&other.text());
        Value::Bool(is_same == is_equal)
    }

    fn one(&mut self) -> Value {
        if self.takes("!") {
            return Value::Bool(!self.one().is_true());
        }
        if self.takes("(") {
            let value = self.any();
            assert!(self.takes(")"), "a parenthesis is open");
            return value;
        }
        let (token, rest) = self.tokens.split_first().expect("a value");
        self.tokens = rest;
        if token == "hashFiles" {
            assert!(self.takes("("), "hashFiles without patterns");
            let patterns = self.any().text();
            assert!(self.takes(")"), "a parenthesis is open");
            return Value::Text((self.look_up)(&format!("{HASH}{patterns}")));
        }
        match token.strip_prefix('\'') {
            Some(text) => Value::Text(text.trim_end_matches('\'').to_owned()),
            None if token == "true" || token == "false" => Value::Bool(token == "true"),
            None => Value::Text((self.look_up)(token)),
        }
    }
}

#[test]
fn expressions_mean_what_github_says() {
    let look_up = |name: &str| match name {
        "inputs.empty" => String::new(),
        "inputs.no" => "false".to_owned(),
        "hashFiles:**/x" => "digest".to_owned(),
        name => panic!("{name}"),
    };
    let check = |text: &str, expected: &str| {
        assert_eq!(evaluate(text, &look_up).text(), expected, "{text}");
    };
    check("inputs.empty || 'x'", "x");
    check("inputs.no && 'x'", "x");
    check("inputs.no == 'FALSE'", "true");
    check("inputs.no != 'false' || inputs.empty == ''", "true");
    check("!(inputs.empty != '') && true", "true");
    check("hashFiles(inputs.empty || '**/x')", "digest");
    assert_eq!(expand("a ${{ inputs.no }}b", &look_up), "a falseb");
}
