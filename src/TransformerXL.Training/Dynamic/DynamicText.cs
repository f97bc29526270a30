using TransformerXL.Models;
using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Training.Dynamic;

/// <summary>Weights, memory and optimizer state of one text, which a <see cref="DynamicReader"/> trains on it.</summary>
/// <param name="model">The weights.</param>
/// <param name="memory">The hidden states that the last segments left.</param>
/// <param name="moments">Of <see cref="DynamicRule.Adam"/> the moments of the gradients; otherwise null.</param>
internal sealed class DynamicText(LanguageModel model, ModelState memory, Adam? moments)
{
    /// <summary>The weights.</summary>
    public LanguageModel Model { get; } = model;

    /// <summary>The hidden states that the last segments left.</summary>
    public ModelState Memory { get; } = memory;

    /// <summary>The moments of the gradients, of rules that have them.</summary>
    public Adam? Moments { get; } = moments;

    /// <summary>Segments read, each with a step.</summary>
    public long Segments { get; set; }
}
