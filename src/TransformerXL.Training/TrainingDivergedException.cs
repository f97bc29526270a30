namespace TransformerXL.Training;

/// <summary>The loss or the gradient is no longer a finite number; the message gives step, learning rate and the last good checkpoint.</summary>
public sealed class TrainingDivergedException : Exception
{
    /// <summary>Creates the exception with the text that a user is shown.</summary>
    public TrainingDivergedException(string message) : base(message) { }
}
