namespace TransformerXL.Training.Footprint;

/// <summary>What a step of a training on documents keeps until its end.</summary>
/// <param name="Learned">Tokens of each stream whose values are kept for the backward pass.</param>
/// <param name="Remembered">Tokens of each stream before them of which the last states are kept, for the head.</param>
/// <param name="LearnsMemory">Whether gradients go through the memory into earlier segments.</param>
internal readonly record struct DocumentRows(int Learned, int Remembered, bool LearnsMemory)
{
    /// <summary>Tokens of each stream whose states the head reads.</summary>
    public int All => Learned + Remembered;
}
