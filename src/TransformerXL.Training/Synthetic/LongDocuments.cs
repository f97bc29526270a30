using System.Globalization;
using System.Text.Json;
using TransformerXL.Tensors.Random;

namespace TransformerXL.Training.Synthetic;

/// <summary>
/// Long documents that contain their label once, at a known distance before the end: some letters, <c>[red]</c>, and then the number of letters given by the
/// distance. A model that has forgotten the label can only guess. JSON lines with <c>text</c> and <c>label</c>.
/// </summary>
public sealed class LongDocuments : SyntheticExamples
{
    private static readonly string[] Colors = ["red", "green", "blue", "white", "black", "brown", "pink", "gray"];
    private readonly int _distance, _classes, _symbols;

    /// <summary>Creates a generator.</summary>
    /// <param name="distance">Characters between the fact and the end.</param>
    /// <param name="classes">Number of labels, each equally likely.</param>
    /// <param name="symbols">Letters of the filler, each equally likely.</param>
    /// <exception cref="InputException">A number is out of range.</exception>
    public LongDocuments(int distance = 4000, int classes = 4, int symbols = 26)
    {
        Require.Between("distance", distance, 1, 1 << 20);
        Require.Between("classes", classes, 2, Colors.Length);
        Require.Between("symbols", symbols, 1, 26);
        (_distance, _classes, _symbols) = (distance, classes, symbols);
    }

    /// <inheritdoc/>
    public override string Name => "documents";

    private protected override object[] Settings => [_distance, _classes, _symbols];

    /// <inheritdoc/>
    public override string Description => string.Create(
        CultureInfo.InvariantCulture, $"documents with one of {_classes} labels; the label ends {_distance} characters before the end");

    /// <summary>The accuracy of guessing.</summary>
    public double Chance => 1.0 / _classes;

    /// <inheritdoc/>
    private protected override string Extension => ".jsonl";

    /// <inheritdoc/>
    private protected override void Write(Stream stream, Utf8JsonWriter json, int count, RandomStream random, Action written)
    {
        const int LongestBeginning = 200;
        for (int i = 0; i < count; i++)
        {
            string label = Colors[random.NextInt(_classes)];
            json.WriteStartObject();
            json.WriteString("text", string.Concat(Filler(random, random.NextInt(LongestBeginning)), $"[{label}]", Filler(random, _distance)));
            json.WriteString("label", label);
            json.WriteEndObject();
            json.Flush();
            json.Reset();
            stream.WriteByte((byte)'\n');
            written();
        }
    }

    private string Filler(RandomStream random, int length) => string.Create(length, random, (text, chance) =>
    {
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = (char)('a' + chance.NextInt(_symbols));
        }
    });
}
