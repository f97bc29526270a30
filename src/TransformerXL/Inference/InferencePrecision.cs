using TransformerXL.Models;
using TransformerXL.Models.Families;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Inference;

namespace TransformerXL.Inference;

/// <summary>Which models can be read in which precision.</summary>
internal static class InferencePrecision
{
    /// <summary>Refuses what a session cannot compute.</summary>
    /// <exception cref="InputException">The kind of model or a length of its rows does not go with the precision.</exception>
    public static void Check(ModelConfiguration configuration, Precision precision)
    {
        if (precision != Precision.Int8)
        {
            return;
        }

        Require.That(
            configuration.Family.SupportsInt8,
            $"int8 is for models of kind {string.Join(", ", ModelFamily.All.Where(family => family.SupportsInt8).Select(family => family.Kind))}, but this one is of kind {configuration.Family.Kind}; it can be read in float32 or bf16",
            [new("training.precision")]);
        int inner = (configuration as AttentionConfiguration)?.InnerSize ?? 0;
        Require.That(
            inner <= InferenceWeight.MaxInt8Depth,
            $"inner size is {inner}, but int8 takes at most {InferenceWeight.MaxInt8Depth}; the model can be read in float32 or bf16",
            [new("training.precision")]);
    }
}
