using TransformerXL.Files;

namespace TransformerXL.Sessions.Redis;

/// <summary>Where a <see cref="RedisSessionStore"/> keeps sessions, and for how long.</summary>
public sealed record RedisSessionStoreOptions
{
    private const int MaxPrefixLength = 200;

    /// <summary>What all keys begin with: <c>txl:{PREFIX}:</c>. Stores of different models need different prefixes.</summary>
    public string Prefix { get; init; } = "sessions";

    /// <summary>The number of the database; -1 for that of the connection.</summary>
    public int Database { get; init; } = -1;

    /// <summary>A session that was not written for so long is removed; null for never.</summary>
    public TimeSpan? Expiry { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">A value is outside its allowed range; the message names both.</exception>
    public void Validate()
    {
        bool valid = Prefix is { Length: > 0 and <= MaxPrefixLength } && !Prefix.Any(letter => char.IsControl(letter) || letter is '{' or '}');
        Check(valid, $"prefix is '{InputText.Show(Prefix ?? "")}', but must have from 1 to {MaxPrefixLength} characters, without braces and control characters");
        Check(Database >= -1, $"database is {Database}, but must be at least -1");
        Check(Expiry is null || Expiry >= TimeSpan.FromMilliseconds(1), $"expiry is {Expiry}, but must be at least a millisecond");
    }

    private static void Check(bool valid, string message)
    {
        if (!valid)
        {
            throw new InputException(message);
        }
    }
}
