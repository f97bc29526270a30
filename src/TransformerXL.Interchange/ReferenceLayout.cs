using TransformerXL.Files;
using TransformerXL.Models;

namespace TransformerXL.Interchange;

/// <summary>The names of the reference's <c>state_dict</c>: tied parameters under each of their names, and its table of frequencies.</summary>
internal static class ReferenceLayout
{
    public const string Weights = "weights.safetensors";

    /// <summary>What the layout has no place for in a model; null if it can represent the model.</summary>
    public static string? WhyNot(ModelConfiguration model) => model switch
    {
        LstmConfiguration { Bidirectional: true } => "an LSTM in both directions",
        LstmConfiguration { ProjectionSize: > 0 } => "an LSTM with a projection of its states",
        LstmConfiguration => null,
        RecurrentConfiguration => $"a recurrent model of the family {model.Family.Name}; of recurrent models it has LSTMs in one direction",
        { IsCausal: false } => "a model that reads a text in both directions",
        _ => null,
    };

    public static void Write(string folder, ModelFolder trained, Func<List<SafetensorsItem>, List<SafetensorsItem>> hints)
    {
        LanguageModel model = trained.Model;
        ModelDescription.Of(trained.Configuration).Write(Path.Combine(folder, ModelFiles.Configuration));
        bool recurrent = model.Configuration is { Family.HasAttention: false, Cutoffs.Count: 0 } && model.Softmax.Projections[0] is null;
        List<SafetensorsItem> items =
            [.. ReferenceNames.Of(model).Select(pair => ModelWeights.Item(recurrent ? ReferenceNames.ToRecurrent(pair.Name) : pair.Name, pair.Parameter.Value))];
        if (model.Configuration.Family.HasSinusoids)
        {
            float[] frequencies = Sinusoids.Frequencies(model.Configuration.ModelSize);
            items.Add(SafetensorsItem.FromFloats(ReferenceNames.Frequencies, frequencies, frequencies.Length));
        }

        SafetensorsWriter.Write(Path.Combine(folder, Weights), hints(items), null);
        GC.KeepAlive(model);
    }
}
