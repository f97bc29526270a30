using System.Globalization;
using StackExchange.Redis;
using TransformerXL.Files;
using TransformerXL.Inference.Serving;
using TransformerXL.Sessions.Redis;

namespace TransformerXL.Cli.Commands;

/// <summary>A Redis that keeps sessions: <c>redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]</c>, or <c>rediss://</c> with TLS.</summary>
internal sealed class RedisPlace : IDisposable
{
    private const int StandardPort = 6379;
    private const string Plain = "redis", Secure = "rediss";

    private readonly ConfigurationOptions _configuration;
    private readonly string _address;
    private readonly int _database;
    private readonly TimeSpan? _expiry;
    private ConnectionMultiplexer? _connection;

    /// <param name="place">The address.</param>
    /// <param name="password">The password where the address has none; null for none.</param>
    /// <param name="expiry">After what time without a use a session is removed; null for never.</param>
    /// <exception cref="InputException">It is no such address.</exception>
    public RedisPlace(string place, string? password, TimeSpan? expiry)
    {
        bool valid = Uri.TryCreate(place, UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0;
        string path = valid ? uri!.AbsolutePath.Trim('/') : "";
        valid &= path.Length == 0 || int.TryParse(path, NumberStyles.None, CultureInfo.InvariantCulture, out _database);
        if (!valid)
        {
            throw new InputException($"'{InputText.Show(WithoutPassword(place))}' is no address of Redis; write {Plain}://HOST:PORT, or {Plain}://HOST:PORT/DATABASE");
        }

        string[] user = uri!.UserInfo.Split(':', 2);
        _configuration = new ConfigurationOptions
        {
            EndPoints = { { uri.IdnHost, uri.Port > 0 ? uri.Port : StandardPort } },
            Ssl = uri.Scheme == Secure,
            User = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : null,
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : string.IsNullOrEmpty(password) ? null : password,
            ClientName = "txl",
        };
        (_address, _expiry) = ($"{uri.IdnHost}:{(uri.Port > 0 ? uri.Port : StandardPort)}", expiry);
    }

    /// <summary>Whether a place for sessions is a Redis.</summary>
    public static bool Is(string place) => place.StartsWith($"{Plain}://", StringComparison.Ordinal) || place.StartsWith($"{Secure}://", StringComparison.Ordinal);

    /// <summary>The store of a model.</summary>
    /// <exception cref="InputException">Redis does not answer, or refuses the password.</exception>
    public ISessionStore Open(string model)
    {
        try
        {
            _connection ??= ConnectionMultiplexer.Connect(_configuration);
        }
        catch (RedisConnectionException fault)
        {
            throw new InputException($"Redis at {_address} cannot be used: {Reason(fault)}", fault);
        }

        return new RedisSessionStore(_connection, new RedisSessionStoreOptions { Prefix = SessionStores.FolderOf(model), Database = _database, Expiry = _expiry });
    }

    public void Dispose() => _connection?.Dispose();

    /// <summary>An address as messages show it.</summary>
    public static string WithoutPassword(string place) => place.LastIndexOf('@') is >= 0 and int at ? $"{Plain}://...{place[at..]}" : place;

    /// <summary>The library's message without its advice on settings that this program does not have.</summary>
    private static string Reason(RedisConnectionException fault) =>
        fault.Message.IndexOf(" To allow this multiplexer", StringComparison.Ordinal) is > 0 and int advice ? fault.Message[..advice].TrimEnd('.') : fault.Message;
}
