using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Interchange;

/// <summary>
/// The names of a model's parameters in the reference: those of this library, and in addition those of the softmax
/// for parameters that it shares with the embedding. Recurrent models name embedding and softmax as PyTorch's example does.
/// </summary>
internal static class ReferenceNames
{
    /// <summary>A table of 10000^(-2 i / d) that is stored with the weights but never trained.</summary>
    public const string Frequencies = "pos_emb.inv_freq";

    /// <summary>NVIDIA's edition keeps weights and biases of the softmax in two lists instead of a list of layers.</summary>
    private const string ListedWeights = "crit.out_layers_weights.", ListedBiases = "crit.out_layers_biases.";

    private static readonly (string Here, string There)[] Recurrent =
    [
        ("word_emb.emb_layers.0.weight", "encoder.weight"), ("crit.out_layers.0.weight", "decoder.weight"), ("crit.out_layers.0.bias", "decoder.bias"),
    ];

    /// <summary>Every name with its parameter; a tied parameter once for each of its names.</summary>
    public static IEnumerable<(string Name, Parameter Parameter)> Of(LanguageModel model)
    {
        foreach (Parameter parameter in model.Parameters)
        {
            yield return (parameter.Name, parameter);
        }

        foreach ((string name, Parameter? parameter) in Softmax(model.Softmax))
        {
            if (parameter is not null && parameter.Name != name)
            {
                yield return (name, parameter);
            }
        }
    }

    /// <summary>This library's name for a name of PyTorch's recurrent example or of NVIDIA's edition of the reference; any other name unchanged.</summary>
    public static string FromVariants(string name) => name switch
    {
        _ when Recurrent.FirstOrDefault(pair => pair.There == name).Here is { } here => here,
        _ when name.StartsWith(ListedWeights, StringComparison.Ordinal) => $"crit.out_layers.{name[ListedWeights.Length..]}.weight",
        _ when name.StartsWith(ListedBiases, StringComparison.Ordinal) => $"crit.out_layers.{name[ListedBiases.Length..]}.bias",
        _ => name,
    };

    /// <summary>The name in PyTorch's recurrent example for a name of this library; any other name unchanged.</summary>
    public static string ToRecurrent(string name) => Recurrent.FirstOrDefault(pair => pair.Here == name).There ?? name;

    private static IEnumerable<(string Name, Parameter? Parameter)> Softmax(OutputSoftmax softmax) =>
    [
        .. softmax.Weights.Select((weight, c) => ($"crit.out_layers.{c}.weight", (Parameter?)weight)),
        .. softmax.Projections.Select((projection, c) => ($"crit.out_projs.{c}", projection)),
    ];
}
