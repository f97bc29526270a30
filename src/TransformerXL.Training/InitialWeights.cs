using System.Text.Json;
using System.Text.Json.Nodes;
using TransformerXL.Heads;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;
using TransformerXL.Training.Masking;

namespace TransformerXL.Training;

/// <summary>The weights of a trained model as the beginning of another training.</summary>
internal static class InitialWeights
{
    private static readonly string[] s_ofTraining = ["dropout", "attentionDropout", "initialDeviation", "projectionDeviation"];

    /// <summary>Copies them.</summary>
    /// <exception cref="InputException">The models or their vocabularies differ; the message names in what.</exception>
    public static void Copy(ModelFolder from, LanguageModel to, Vocabulary vocabulary)
    {
        Require.That(
            vocabulary.Fingerprint == from.Vocabulary.Fingerprint,
            $"the text is read with another vocabulary, of {vocabulary.Count} {vocabulary.Unit}s, than {from.Path} has, of {from.Vocabulary.Count} {from.Vocabulary.Unit}s");
        RequireSame(from.Model.Configuration, to.Configuration.Resolve(), from.Path);
        for (int i = 0; i < to.Parameters.Count; i++)
        {
            Parameter source = from.Model.Parameters[i], target = to.Parameters[i];
            source.Value.Span.CopyTo(target.Value.Span);
        }

        GC.KeepAlive(from);
        GC.KeepAlive(to);
    }

    /// <summary>Copies what the head of a task can begin with: the weights of a head, of a task or of a second objective, or the pooler of the model.</summary>
    public static void CopyHead(ModelFolder from, TaskHead to)
    {
        if ((from.Head ?? SecondHead.Load(from)) is { } head)
        {
            to.BeginWith(head);
        }
        else
        {
            to.BeginWithPooler(from.Model);
        }
    }

    /// <param name="given">The architecture of the weights.</param>
    /// <param name="wanted">The architecture of the new model.</param>
    /// <param name="path">Where the weights are.</param>
    /// <param name="word">For a member of the model's JSON and one of its names, such as that of an activation, the word that the user knows; null for the names of the JSON.</param>
    /// <exception cref="InputException">The architectures differ; the message names in what.</exception>
    public static void RequireSame(ModelConfiguration given, ModelConfiguration wanted, string path, Func<string, string, string>? word = null)
    {
        string[] differences = [.. Differences(Sizes(given), Sizes(wanted), (member, value) => Show(member, value, word))];
        Require.That(differences.Length == 0, $"the model differs from that of {path}, whose weights it is to begin with: {string.Join("; ", differences)}");
    }

    private static IEnumerable<string> Differences(JsonObject given, JsonObject wanted, Func<string, JsonNode?, string> show)
    {
        foreach (string member in given.Select(pair => pair.Key).Union(wanted.Select(pair => pair.Key)))
        {
            if (given[member] is var there && wanted[member] is var here && !JsonNode.DeepEquals(there, here))
            {
                yield return $"{Words(member)} {show(member, here)} here, {show(member, there)} there";
            }
        }
    }

    /// <summary>All but dropout and what decides random weights.</summary>
    private static JsonObject Sizes(ModelConfiguration model)
    {
        JsonObject json = JsonSerializer.SerializeToNode(model, RunJson.Default.ModelConfiguration)!.AsObject();
        foreach (string member in s_ofTraining)
        {
            json.Remove(member);
        }

        return json;
    }

    /// <summary>A member of the JSON in words: <c>modelSize</c> is the model size.</summary>
    private static string Words(string member) => string.Concat(member.Select(letter => char.IsUpper(letter) ? $" {char.ToLowerInvariant(letter)}" : $"{letter}"));

    private static string Show(string member, JsonNode? value, Func<string, string, string>? word) => value switch
    {
        null => "none",
        JsonArray list => string.Join(", ", list.Select(item => item?.ToJsonString())),
        _ when word is not null && value.GetValueKind() == JsonValueKind.String => word(member, value.GetValue<string>()),
        _ => value.ToString(),
    };
}
