using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using TransformerXL.Models;
using TransformerXL.Tensors.Collectives;

namespace TransformerXL.Training;

/// <summary>
/// Checks that processes which train one model together began with the same settings, text and weights: sums of gradients of different trainings would be wrong without a word.
/// </summary>
internal static class ProcessAgreement
{
    /// <summary>Members of the configuration that name files; these are compared by the identity of the text.</summary>
    private static readonly string[] s_withPaths = ["corpus", "task.examples", "origin"];

    /// <summary>Compares what every process is about to train.</summary>
    /// <param name="learner">The training, its weights loaded.</param>
    /// <exception cref="InputException">Two processes differ; the message, the same in all of them, names the first that differs from process 0, and both values.</exception>
    public static void Require(Learner learner)
    {
        if (learner.Collective.Size > 1)
        {
            Require(learner.Collective, FactsOf(learner));
        }
    }

    /// <summary>Compares named values.</summary>
    /// <param name="collective">The processes.</param>
    /// <param name="facts">The values of this one.</param>
    internal static void Require(ICollective collective, IReadOnlyList<(string Name, string Value)> facts)
    {
        string[] texts = Exchange(collective, string.Join('\n', facts.Select(fact => $"{fact.Name}\t{fact.Value}")));
        Dictionary<string, string> first = Read(texts[0]);
        for (int rank = 1; rank < texts.Length; rank++)
        {
            Dictionary<string, string> own = Read(texts[rank]);
            string? name = first.Keys.Concat(own.Keys).FirstOrDefault(name => first.GetValueOrDefault(name) != own.GetValueOrDefault(name));
            if (name is not null)
            {
                throw new InputException($"process {rank} has {Show(own, name)}, but process 0 {Show(first, name)}; start all processes with the same program, options, text and run folder");
            }
        }
    }

    private static string Show(Dictionary<string, string> facts, string name) => facts.TryGetValue(name, out string? value) ? $"{name} {value}" : $"no {name}";

    private static Dictionary<string, string> Read(string text) => text.Split('\n').Select(line => line.Split('\t', 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    /// <summary>The texts of all processes, by rank.</summary>
    private static string[] Exchange(ICollective collective, string own)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(own);
        double[] lengths = new double[collective.Size];
        collective.Gather([bytes.Length], lengths);
        int longest = (int)lengths.Max();
        double[] mine = new double[longest], all = new double[longest * collective.Size];
        for (int i = 0; i < bytes.Length; i++)
        {
            mine[i] = bytes[i];
        }

        collective.Gather(mine, all);
        return [.. lengths.Select((length, rank) => Encoding.UTF8.GetString(Array.ConvertAll(all[(rank * longest)..((rank * longest) + (int)length)], value => (byte)value)))];
    }

    private static List<(string Name, string Value)> FactsOf(Learner learner)
    {
        List<(string Name, string Value)> facts = [("the program of version", typeof(ProcessAgreement).Assembly.GetName().Version?.ToString() ?? "")];
        Add(facts, "", JsonSerializer.SerializeToNode(learner.Configuration, RunJson.Default.RunConfiguration));
        facts.Add(("the text of identity", learner.Task.DataIdentity));
        facts.Add(("steps taken:", learner.StepsTaken.ToString(CultureInfo.InvariantCulture)));
        facts.Add(("weights with SHA-256", ModelWeights.Fingerprint(learner.Task.Model)));
        return facts;
    }

    private static void Add(List<(string Name, string Value)> facts, string name, JsonNode? node)
    {
        if (s_withPaths.Contains(name))
        {
            return;
        }

        if (node is JsonObject members)
        {
            foreach ((string member, JsonNode? value) in members)
            {
                Add(facts, name.Length == 0 ? member : $"{name}.{member}", value);
            }
        }
        else
        {
            facts.Add((name, node?.ToJsonString() ?? "null"));
        }
    }
}
