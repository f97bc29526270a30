using System.Text.Json;
using TransformerXL.Files;
using TransformerXL.Training.Examples;
using TransformerXL.Training.Examples.Reading;

namespace TransformerXL.Training.Rescoring;

/// <summary>The hypotheses for one input (an n-best list).</summary>
public sealed record HypothesisList
{
    private const int MaxHypotheses = 100_000, LongestText = 1 << 20;

    /// <summary>Its position in its file.</summary>
    public required ExamplePlace Place { get; init; }

    /// <summary>Its name; null if it has none.</summary>
    public string? Id { get; init; }

    /// <summary>Whether the name is a number in the file, and not a string.</summary>
    internal bool HasNumberedId { get; init; }

    /// <summary>The right text; null if it is not known.</summary>
    public string? Reference { get; init; }

    /// <summary>The hypotheses, at least one.</summary>
    public required IReadOnlyList<Hypothesis> Hypotheses { get; init; }

    /// <summary>
    /// Reads JSON lines, one list at a time: <c>{"id": "1", "hypotheses": [{"text": "...", "score": -1.5}], "reference": "..."}</c>; id and reference may
    /// be missing.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">The file is wrong; the message names line and column.</exception>
    public static IEnumerable<HypothesisList> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Read(JsonObjectLines.Read(path, LongestText));
    }

    /// <summary>Reads JSON lines from a stream, such as standard input, one list at a time.</summary>
    /// <param name="stream">The lines; disposed at their end.</param>
    /// <param name="name">The name of the stream in messages.</param>
    /// <exception cref="InputException">A line is wrong; the message names line and column.</exception>
    public static IEnumerable<HypothesisList> Read(Stream stream, string name)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return Read(JsonObjectLines.Read(() => new CheckedTextReader(name, stream), name, LongestText));
    }

    private static IEnumerable<HypothesisList> Read(IEnumerable<(ExamplePlace Place, JsonElement Object)> lines)
    {
        foreach ((ExamplePlace place, JsonElement line) in lines)
        {
            place.Require(line.TryGetProperty("hypotheses", out JsonElement list), $"the object has no 'hypotheses'; its members are {TableFile.Names(JsonObjectLines.Names(line))}");
            ExamplePlace at = place.At("hypotheses");
            Hypothesis[] hypotheses = [.. JsonObjectLines.Items(at, list).Take(MaxHypotheses + 1).Select(item => ReadOne(at, item))];
            at.Require(hypotheses.Length is > 0 and <= MaxHypotheses, $"the list has {(hypotheses.Length == 0 ? "no" : $"more than {MaxHypotheses}")} hypotheses, but must have 1 to {MaxHypotheses}");
            yield return new HypothesisList
            {
                Place = place,
                Id = TextJsonLines.Id(place, line, "id"),
                HasNumberedId = TextJsonLines.HasNumberedId(line, "id"),
                Reference = line.TryGetProperty("reference", out JsonElement reference) && reference.ValueKind != JsonValueKind.Null ? JsonObjectLines.Text(place.At("reference"), reference) : null,
                Hypotheses = hypotheses,
            };
        }
    }

    private static Hypothesis ReadOne(ExamplePlace place, JsonElement item)
    {
        place.Require(item.ValueKind == JsonValueKind.Object, $"a hypothesis must be an object with text and score, but is {JsonObjectLines.Describe(item)}");
        place.Require(item.TryGetProperty("text", out JsonElement text), "a hypothesis has no 'text'");
        place.Require(item.TryGetProperty("score", out JsonElement score), "a hypothesis has no 'score'; write 0 where all are equally good");
        string value = JsonObjectLines.Text(place, text);
        place.Require(value.Length <= LongestText && !value.Contains('\0', StringComparison.Ordinal), $"a hypothesis has {value.Length} characters or a NUL; at most {LongestText} characters without NUL are read");
        place.Require(score.ValueKind == JsonValueKind.Number && score.TryGetDouble(out double number) && double.IsFinite(number), $"the score {InputText.Show(score.GetRawText())} of a hypothesis is no finite number");
        return new Hypothesis(value, score.GetDouble());
    }
}
