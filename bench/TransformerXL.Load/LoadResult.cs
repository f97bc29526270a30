using System.Globalization;
using System.Text;

namespace TransformerXL.Load;

/// <summary>What a load has measured. Methods may be called from several threads.</summary>
internal sealed class LoadResult
{
    private readonly Lock _gate = new();
    private readonly List<double> _first = [], _between = [];
    private long _complete, _left, _busy, _events;

    /// <summary>Answers that a correct server does not give.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Seconds from the first request to the end of the last.</summary>
    public double Seconds { get; set; }

    /// <summary>Resident memory of the server in MiB: after the warm-up (a tenth of the time), and at the end.</summary>
    public (double Early, double Late) Memory { get; set; }

    /// <summary>Tokens that the server counted.</summary>
    public long ServerTokens { get; set; }

    public void Add(List<double> times, bool left)
    {
        lock (_gate)
        {
            _events += times.Count;
            _complete += left ? 0 : 1;
            _left += left ? 1 : 0;
            if (times.Count > 0)
            {
                _first.Add(times[0]);
                _between.AddRange(times.Skip(1));
            }
        }
    }

    public void AddBusy()
    {
        lock (_gate)
        {
            _busy++;
        }
    }

    public void AddFault(string fault)
    {
        lock (_gate)
        {
            Faults.Add(fault);
        }
    }

    public string Describe()
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"{_complete} answers complete, {_left} clients left, {_busy} answers 429, {Faults.Count} faults in {Seconds:0.0} s");
        text.AppendLine(CultureInfo.InvariantCulture, $"{ServerTokens / Seconds:0} tokens/s written by the server ({ServerTokens} tokens, {_events} events)");
        text.AppendLine(CultureInfo.InvariantCulture, $"time to the first token: {Quantiles(_first)}");
        text.AppendLine(CultureInfo.InvariantCulture, $"time between tokens:     {Quantiles(_between)}");
        if (Memory.Early > 0)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"memory of the server: {Memory.Early:0} MiB after the warm-up, {Memory.Late:0} MiB at the end");
        }

        foreach (IGrouping<string, string> fault in Faults.GroupBy(fault => fault).Take(10))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{fault.Count()} x {fault.Key}");
        }

        return text.ToString().TrimEnd();
    }

    private static string Quantiles(List<double> seconds)
    {
        if (seconds.Count == 0)
        {
            return "none";
        }

        seconds.Sort();
        double At(double share) => 1000 * seconds[Math.Min(seconds.Count - 1, (int)(share * seconds.Count))];
        return string.Create(CultureInfo.InvariantCulture, $"median {At(0.5):0.0} ms, p99 {At(0.99):0.0} ms, longest {1000 * seconds[^1]:0.0} ms");
    }
}
