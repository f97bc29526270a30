using TransformerXL.Models;

namespace TransformerXL.Training.Dynamic;

/// <summary>What gradient statistics belong to.</summary>
/// <param name="Weights">SHA-256 of the weights of the model.</param>
/// <param name="Context">The lengths: the gradient is of a mean over the tokens of a segment, and depends on what they see.</param>
/// <param name="MaxTokens">The most tokens of the training text that were read; 0 for all.</param>
internal sealed record StatisticsOrigin(string Weights, ContextConfiguration Context, long MaxTokens);
