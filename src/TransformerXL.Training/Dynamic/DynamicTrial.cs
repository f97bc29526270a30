namespace TransformerXL.Training.Dynamic;

/// <summary>What values of a rule were worth on a text.</summary>
/// <param name="Options">The rule and its values.</param>
/// <param name="Loss">Nats per token; positive infinity where the steps were too large.</param>
public sealed record DynamicTrial(DynamicOptions Options, double Loss);
