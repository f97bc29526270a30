using System.Text.Json;
using TransformerXL.Training.Examples;

namespace TransformerXL.Training.Tasks;

/// <summary>An example that the model gets wrong with the most confidence.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Text">The beginning of its text.</param>
/// <param name="Gold">What is right.</param>
/// <param name="Predicted">What the model says.</param>
/// <param name="Loss">In nats.</param>
public sealed record WorstExample(string Place, string Text, string Gold, string Predicted, double Loss)
{
    private const int MaxText = 300;

    /// <summary>The beginning of a text in one line.</summary>
    internal static string Shorten(string text)
    {
        string line = string.Join(' ', text[..Math.Min(text.Length, 4 * MaxText)].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= MaxText ? line : line[..MaxText] + " ...";
    }

    /// <summary>The name of the file and the line, without its folder.</summary>
    internal static string Where(ExamplePlace place) => (place with { File = Path.GetFileName(place.File) }).ToString();

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("place", Place);
        json.WriteString("text", Text);
        json.WriteString("gold", Gold);
        json.WriteString("predicted", Predicted);
        json.WriteNumber("loss", Loss);
        json.WriteEndObject();
    }
}
