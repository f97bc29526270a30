namespace TransformerXL.Training.Examples;

/// <summary>Mean and standard deviation of numbers (Welford 1962).</summary>
internal sealed class NumberSpread
{
    private double _squares;

    public long Count { get; private set; }

    public double Mean { get; private set; }

    /// <summary>Of all numbers, not of a sample.</summary>
    public double Deviation => Count == 0 ? 0 : Math.Sqrt(_squares / Count);

    public void Add(double number)
    {
        Count++;
        double difference = number - Mean;
        Mean += difference / Count;
        _squares += difference * (number - Mean);
    }
}
