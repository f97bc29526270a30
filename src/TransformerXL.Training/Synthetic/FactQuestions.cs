using System.Globalization;
using System.Text.Json;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Training.Synthetic;

/// <summary>
/// Questions about short texts of facts, in the JSON of SQuAD: <c>Ann lives in Rome. Ben owns a boat.</c>, and <c>What does Ben own?</c> with the
/// answer <c>boat</c>. Names and values are drawn anew for each text, so that they cannot be memorized. Some questions may ask for facts that the text
/// does not contain (SQuAD 2.0).
/// </summary>
public sealed class FactQuestions : SyntheticExamples
{
    private static readonly string[] Names =
    [
        "Ann", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gina", "Hugo", "Ida", "Jack", "Kim", "Leo", "Mia", "Ned", "Olga", "Paul", "Rosa", "Sam", "Tina", "Vera",
    ];

    private static readonly Relation[] Relations =
    [
        new("lives in", "Where does {0} live?", ["Rome", "Oslo", "Lima", "Cairo", "Paris", "Tokyo", "Quito", "Delhi", "Bern", "Dakar", "Prague", "Sydney"]),
        new("owns a", "What does {0} own?", ["boat", "horse", "piano", "garden", "bike", "tower", "mill", "drum", "lamp", "truck", "violin", "canoe"]),
        new("likes", "What does {0} like?", ["tea", "chess", "rain", "jazz", "snow", "bread", "films", "poems", "maps", "stars", "cheese", "tennis"]),
        new("works as a", "What is the job of {0}?", ["baker", "pilot", "nurse", "judge", "farmer", "singer", "tailor", "miner", "painter", "driver", "doctor", "waiter"]),
    ];

    private readonly int _facts, _questions, _unanswerable;

    /// <summary>Creates a generator.</summary>
    /// <param name="facts">Facts of a text.</param>
    /// <param name="questions">Questions about a text, at most as many as facts.</param>
    /// <param name="unanswerable">Percentage of the questions that the text does not answer.</param>
    /// <exception cref="InputException">A number is out of range.</exception>
    public FactQuestions(int facts = 6, int questions = 3, int unanswerable = 0)
    {
        Require.Between("facts", facts, 1, Names.Length * Relations.Length / 2);
        Require.Between("questions", questions, 1, facts);
        Require.Between("unanswerable questions in percent", unanswerable, 0, 90);
        (_facts, _questions, _unanswerable) = (facts, questions, unanswerable);
    }

    /// <inheritdoc/>
    public override string Name => "questions";

    private protected override object[] Settings => [_facts, _questions, _unanswerable];

    /// <inheritdoc/>
    public override string Description => string.Create(
        CultureInfo.InvariantCulture, $"texts of {_facts} facts with {_questions} questions each, {(_unanswerable == 0 ? "all of which have an answer" : $"{_unanswerable} % of which have no answer")}");

    /// <inheritdoc/>
    private protected override string Extension => ".json";

    /// <inheritdoc/>
    private protected override void Write(Stream stream, Utf8JsonWriter json, int count, RandomStream random, Action written)
    {
        json.WriteStartObject();
        json.WriteString("version", _unanswerable > 0 ? "v2.0" : "1.1");
        json.WriteStartArray("data");
        json.WriteStartObject();
        json.WriteString("title", "Facts");
        json.WriteStartArray("paragraphs");
        for (int id = 0; id < count;)
        {
            id = WriteText(json, id, count, random, written);
            json.Flush();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private int WriteText(Utf8JsonWriter json, int id, int count, RandomStream random, Action written)
    {
        List<Fact> facts = Facts(random, _facts * 2);
        string context = "";
        for (int i = 0; i < _facts; i++)
        {
            string start = $"{(i > 0 ? " " : "")}{facts[i].Name} {facts[i].Relation.Verb} ";
            facts[i] = facts[i] with { Start = context.Length + start.Length };
            context += $"{start}{facts[i].Value}.";
        }

        json.WriteStartObject();
        json.WriteString("context", context);
        json.WriteStartArray("qas");
        foreach (int asked in Chosen(random, _facts, _questions).Take(count - id))
        {
            bool unanswerable = random.NextInt(100) < _unanswerable;
            WriteQuestion(json, facts[unanswerable ? asked + _facts : asked], unanswerable, id++);
            written();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        return id;
    }

    private void WriteQuestion(Utf8JsonWriter json, Fact fact, bool unanswerable, int id)
    {
        json.WriteStartObject();
        json.WriteString("id", id.ToString(CultureInfo.InvariantCulture));
        json.WriteString("question", string.Format(CultureInfo.InvariantCulture, fact.Relation.Question, fact.Name));
        json.WriteStartArray("answers");
        if (!unanswerable)
        {
            json.WriteStartObject();
            json.WriteString("text", fact.Value);
            json.WriteNumber("answer_start", fact.Start);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (_unanswerable > 0)
        {
            json.WriteBoolean("is_impossible", unanswerable);
        }

        json.WriteEndObject();
    }

    /// <summary>Facts with different pairs of name and relation.</summary>
    private static List<Fact> Facts(RandomStream random, int count)
    {
        List<Fact> facts = [];
        foreach (int pair in Chosen(random, Names.Length * Relations.Length, count))
        {
            Relation relation = Relations[pair / Names.Length];
            facts.Add(new Fact(Names[pair % Names.Length], relation, Choose(random, relation.Values), 0));
        }

        return facts;
    }

    /// <summary>A random sample of the numbers below a limit, without repetition, in random order.</summary>
    private static int[] Chosen(RandomStream random, int limit, int count)
    {
        int[] numbers = [.. Enumerable.Range(0, limit)];
        for (int i = 0; i < count; i++)
        {
            int other = i + random.NextInt(limit - i);
            (numbers[i], numbers[other]) = (numbers[other], numbers[i]);
        }

        return numbers[..count];
    }

    private sealed record Relation(string Verb, string Question, string[] Values);

    private readonly record struct Fact(string Name, Relation Relation, string Value, int Start);
}
